/* SPDX-License-Identifier: MIT */
/* The catalogue: which instances exist and where their files are. All SQL of
 * the responder is here; libpq is used only in db.c. No transaction stays open
 * while a response is sent. */
#ifndef WADOZIP_CATALOG_CATALOG_H
#define WADOZIP_CATALOG_CATALOG_H

#include "base/buf.h"
#include "base/err.h"
#include "dicom/conversion_rules.h"
#include "dicom/instance.h"
#include "helper/dicomdir_input.h"

/* also for resources that are not granted */
#define CATALOG_NOTHING "there is no such study, series or instance"

struct catalog;

/* Append text that identifies the database: the connection string without
 * passwords. Fails with ERR_MEMORY. */
int catalog_name(const char *conninfo, struct buf *out, struct err *e) MUST_CHECK;

/* Copy the connection string. The first call that needs a connection opens it;
 * a broken one is opened again. */
int catalog_open(const char *conninfo, struct catalog **out, struct err *e) MUST_CHECK;
void catalog_close(struct catalog *c); /* null is allowed */

/* Connect if necessary and check the schema's version. Fails with ERR_AWAY, or
 * with ERR_CONFIG if the schema is missing or has another version. */
int catalog_check(struct catalog *c, struct err *e) MUST_CHECK;

struct catalog_query {
    const char *study, *series, *instance; /* valid UIDs; series and instance are null or "" above
                                            * their level */
    const char *target;                    /* conversion_rules_target(): recorded conversions to
                                            * return */
    uint32_t codec_version;                       /* helper_pool_codec_version(); 0: return no
                                                   * recorded conversions */
    const char *compressor;                /* deflate_identity(): deflated sizes to return; null:
                                            * none */
    bool all;                              /* also columns for lists: the SOP class, conflicts */
    bool keys;                             /* also the keys of directory records; requires `all` */
    uint64_t max_instances;                /* fails with ERR_TOO_LARGE above */
    bool digests;                          /* also known SHA-256 values */
    bool places;                           /* as `all`, and where pixel data lies in the files */
};

/* Call `each` for every instance in archive order: series number, series UID,
 * instance number, SOP Instance UID. The row is valid only during the call; if
 * `each` fails, the query ends with its error. Fails with ERR_NOT_FOUND if
 * there are no rows, with ERR_GONE if there were some before, with ERR_AWAY if
 * the database cannot be reached (it reconnects once before the first row). */
int catalog_find(struct catalog *c, const struct catalog_query *q,
                 int (*each)(void *ctx, const struct instance *i, struct err *e), void *ctx,
                 struct err *e) MUST_CHECK;

/* Read the attributes of a study for its DICOMDIR, and the issuer of its
 * Patient ID; empty if there is no such study. */
int catalog_dicomdir_study(struct catalog *c, const char *study, struct dicomdir_study *out,
                           char issuer[HELPER_TEXT_MAX + 1], struct err *e) MUST_CHECK;

#endif
