/* SPDX-License-Identifier: MIT */
/*
 * Decide how an instance is sent: as stored, or converted to a transfer syntax
 * (PS3.18 8.7.3.4 and 8.7.3.5.2).
 */
#ifndef WADOZIP_DICOM_CONVERSION_RULES_H
#define WADOZIP_DICOM_CONVERSION_RULES_H

#include "dicom/instance.h"
#include "dicom/uid.h"

/*
 * Version of this program's conversions. Raise it whenever converted bytes
 * change. Recorded sizes and cached results are valid only under the version
 * from helper_pool_codec_version(), which also covers the libraries.
 */
#define CONVERSION_VERSION 5

/* The value of the media type's transfer-syntax parameter. */
enum wish_rule { WISH_DEFAULT, WISH_ANY, WISH_NAMED };

struct transfer_syntax_wish {
    enum wish_rule rule;
    char uid[UID_MAX + 1]; /* WISH_NAMED */
    bool lossy_allowed;     /* WISH_NAMED: setting lossy_conversion; false if unset */
};

enum conversion_verdict {
    CONVERSION_NONE,    /* the file's own bytes */
    CONVERSION_NEEDED, /* convert to the target */
    CONVERSION_IMPOSSIBLE /* refuse the whole response: 406 */
};

/* Return the transfer syntax to which this wish converts. Never null. */
const char *conversion_rules_target(const struct transfer_syntax_wish *w);

/*
 * Return the transfer syntax of this instance after a conversion:
 * conversion_rules_target(), or Explicit VR Little Endian if that is a
 * compressed one and the instance has no pixel data.
 */
const char *conversion_rules_syntax(const struct transfer_syntax_wish *w, const struct instance *i);

/*
 * Decide for one instance. Sets *why to a constant sentence if the verdict is
 * CONVERSION_IMPOSSIBLE, else to null.
 */
enum conversion_verdict conversion_rules_decide(const struct transfer_syntax_wish *w,
                                                const struct instance *i, const char **why);

/*
 * Return a constant sentence that says why the pixel data, as a value of bulk
 * data, cannot be decoded. Null if it can be, if there is none, or if it is a
 * video, whose value is sent as stored.
 */
const char *conversion_rules_undecodable(const struct instance *i);

#endif
