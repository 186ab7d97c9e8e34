/* SPDX-License-Identifier: MIT */
/* One retrieval: the plan, the source of its bytes, and what is generated
 * besides (retrieve.h). */
#ifndef WADOZIP_RETRIEVE_RETRIEVAL_H
#define WADOZIP_RETRIEVE_RETRIEVAL_H

#include "body/content.h"
#include "body/spooled.h"
#include "format/dicomdir.h"
#include "format/manifest.h"
#include "retrieve/retrieve_deid.h"
#include "retrieve/retrieve_tools.h"

/* Callbacks of the program; any may be null. */
struct retrieve_report {
    /* A fact was not recorded, which costs time in a later retrieval. `what`
     * names it: "the converted size of 1.2.3". */
    void (*unrecorded)(void *ctx, const char *what, const struct err *why);
    /* An instance was converted, or (made false) cannot be converted. */
    void (*converted)(void *ctx, bool made, bool recorded);
    void *ctx;
};

#define RETRIEVAL_KEPT_BUFFER 65 /* hexadecimal digits and NUL */

/* Zero, except for body.fd, which is -1 if there is no spooled body. Must not
 * move after retrieve_begin(). */
struct retrieval {
    struct retrieve_tools *tools;
    struct retrieve_report report;
    struct plan plan;             /* const once retrieve_plan() has finished it */
    struct plan_progress progress;
    /* a table, or the manifest of the archive; unused: its plan is null */
    struct manifest manifest;
    struct dicomdir dicomdir; /* the archive's first member; unused: its plan is null */
    struct content content;
    struct spooled body;      /* the whole body, if its length is known only after it was made */
    struct retrieve_deid deid;
    struct instance shown;    /* with a profile: the last instance, de-identified */
    bool look_early;          /* files are checked while rows arrive */
    /* key of the plan in the cache (kept_plan.h); "": it is not there */
    char kept[RETRIEVAL_KEPT_BUFFER];
};

#define RETRIEVAL_NONE {.body = SPOOLED_NONE}

#endif
