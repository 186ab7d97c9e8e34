/*
 * The form in which an instance is to be handed out: as stored, or converted to a transfer syntax (PS3.18 8.7.3.4 and
 * 8.7.3.5.2; design section 7).
 */
#ifndef WADOZIP_DICOM_FORM_H
#define WADOZIP_DICOM_FORM_H

#include "dicom/duid.h"
#include "dicom/instance.h"

/*
 * Number of this program's part in a conversion: raise it whenever converted bytes change. What was learnt is valid under
 * the recipe that proc_recipe tells, which also stands for the libraries.
 */
#define FORM_RECIPE 5

/* What the media type's transfer-syntax parameter asks for. */
enum form_rule { FORM_DEFAULT, FORM_ANY, FORM_NAMED };

struct form_wish {
    enum form_rule rule;
    char uid[DUID_MAX + 1]; /* FORM_NAMED */
    bool lossy_allowed;     /* FORM_NAMED: setting lossy_conversion; false where nobody set it */
};

enum form_verdict {
    FORM_STORED,    /* the file's own bytes */
    FORM_CONVERTED, /* to *target */
    FORM_IMPOSSIBLE /* refuse the whole answer: 406 */
};

/* The transfer syntax that conversions under this wish lead to: never null. */
const char *form_target(const struct form_wish *w);

/*
 * The transfer syntax that a conversion of this instance under this wish ends in: form_target, but Explicit VR Little
 * Endian if that is a compressed one and the instance has no pixel data.
 */
const char *form_syntax(const struct form_wish *w, const struct instance *i);

/* Decides for one instance; *why is a constant sentence when the verdict is FORM_IMPOSSIBLE, else null. */
enum form_verdict form_decide(const struct form_wish *w, const struct instance *i, const char **why);

/* Why its pixel data cannot be had uncompressed, a constant sentence; null where it can, or where there is none. */
const char *form_unreadable(const struct instance *i);

#endif
