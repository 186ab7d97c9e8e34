/* SPDX-License-Identifier: MIT */
/* The body of POST /links: a JSON object that describes a new link. Pure. */
#ifndef WADOZIP_LINK_LINK_REQUEST_H
#define WADOZIP_LINK_LINK_REQUEST_H

#include <stddef.h>

#include "conf/conf_deid.h"
#include "base/secret.h"
#include "dicom/uid.h"

#define LINK_REQUEST_MAX ((size_t)256 << 10) /* bytes of a body */
#define LINK_REQUEST_THINGS 1000
#define LINK_REQUEST_THING 80                /* bytes of one with NUL */
#define LINK_REQUEST_LABEL 200               /* characters of a label */

/* What a link shows: texts as in struct grant.what. */
struct link_things {
    char of[LINK_REQUEST_THINGS][LINK_REQUEST_THING];
    size_t count;
};

/* Add a thing: "study", "series" or "collection" and its identifier. Returns
 * false if it is too long or there are too many. */
bool link_things_add(struct link_things *t, const char *kind, const char *id);

struct link_request {
    struct link_things things;
    char label[4 * LINK_REQUEST_LABEL + 1]; /* UTF-8; "": none */
    uint64_t seconds;                       /* until it expires; 0: not given */
    uint64_t max_downloads;                 /* 0: no limit */
    bool choose;                            /* a passcode is wanted, chosen by the service */
    char passcode[SECRET_PASSCODE_MAX + 1]; /* given; "": none */
    char transfer_syntax[UID_MAX + 1];      /* "": the default; also "*" */
    bool dicomdir;
    char profile[CONF_DEID_NAME_MAX + 1];   /* of de-identification; "": the original */
};

/* Parse a body: "studies", "series", "collections" (arrays), "label", "expires"
 * ("7d"), "passcode" (a string, or true), "max_downloads", "transfer_syntax",
 * "dicomdir", "deidentify". null is as absent. Fails with ERR_UNPROCESSABLE,
 * naming the key, also if nothing is named. */
int link_request_parse(const char *data, size_t len, struct link_request *out,
                       struct err *e) MUST_CHECK;

#endif
