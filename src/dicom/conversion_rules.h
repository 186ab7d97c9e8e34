/* SPDX-License-Identifier: MIT */
/*
 * The form in which an instance is to be handed out: as stored, or converted to a transfer syntax (PS3.18 8.7.3.4 and
 * 8.7.3.5.2; design section 7).
 */
#ifndef WADOZIP_DICOM_CONVERSION_RULES_H
#define WADOZIP_DICOM_CONVERSION_RULES_H

#include "dicom/instance.h"
#include "dicom/uid.h"

/*
 * Number of this program's part in a conversion: raise it whenever converted bytes change. What was learnt is valid under
 * the codec version of helper_pool_codec_version(), which also stands for the libraries.
 */
#define CONVERSION_VERSION 5

/* What the media type's transfer-syntax parameter asks for. */
enum wish_rule { WISH_DEFAULT, WISH_ANY, WISH_NAMED };

struct transfer_syntax_wish {
    enum wish_rule rule;
    char uid[UID_MAX + 1]; /* WISH_NAMED */
    bool lossy_allowed;     /* WISH_NAMED: setting lossy_conversion; false where nobody set it */
};

enum conversion_verdict {
    CONVERSION_NONE,    /* the file's own bytes */
    CONVERSION_NEEDED, /* to *target */
    CONVERSION_IMPOSSIBLE /* refuse the whole answer: 406 */
};

/* The transfer syntax that conversions under this wish lead to: never null. */
const char *conversion_rules_target(const struct transfer_syntax_wish *w);

/*
 * The transfer syntax that a conversion of this instance under this wish ends in:
 * conversion_rules_target, but Explicit VR Little Endian if that is a compressed one and the
 * instance has no pixel data.
 */
const char *conversion_rules_syntax(const struct transfer_syntax_wish *w, const struct instance *i);

/* Decides for one instance; *why is a constant sentence when the verdict is CONVERSION_IMPOSSIBLE, else null. */
enum conversion_verdict conversion_rules_decide(const struct transfer_syntax_wish *w,
                                                const struct instance *i, const char **why);

/* Why its pixel data cannot be had uncompressed, a constant sentence; null where it can, or where there is none. */
const char *conversion_rules_undecodable(const struct instance *i);

#endif
