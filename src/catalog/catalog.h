/* SPDX-License-Identifier: MIT */
/*
 * The catalogue: which instances exist and where their files lie. All SQL of the responder is here and all of libpq in
 * db.c. Statements are prepared once a connection; rows come in single-row mode; no transaction stays open.
 */
#ifndef WADOZIP_CATALOG_CATALOG_H
#define WADOZIP_CATALOG_CATALOG_H

#include "base/buf.h"
#include "base/err.h"
#include "dicom/conversion_rules.h"
#include "dicom/instance.h"
#include "helper/dicomdir_input.h"

#define CATALOG_NOTHING "there is no such study, series or instance" /* also what may not be had */

struct catalog;

/* Appends what tells one database from another: what the connection string names, without its passwords. ERR_MEMORY. */
int catalog_name(const char *conninfo, struct buf *out, struct err *e) MUST_CHECK;

/*
 * Remembers the connection string; the connection is made by the first call that needs it and made again when it broke.
 */
int catalog_open(const char *conninfo, struct catalog **out, struct err *e) MUST_CHECK;
void catalog_close(struct catalog *c); /* null is allowed */

/*
 * Connects if need be and checks the schema's version: ERR_AWAY, or ERR_CONFIG for a schema that is missing or newer.
 */
int catalog_check(struct catalog *c, struct err *e) MUST_CHECK;

struct catalog_query {
    const char *study, *series, *instance; /* valid UIDs; series and instance null or "" above their level */
    const char *target;                    /* conversion_rules_target(): which learnt forms to tell */
    uint32_t codec_version;                       /* helper_pool_codec_version(): 0: of none */
    const char *compressor;                /* deflate_identity(): whose sizes to tell; null: none */
    bool all;                              /* also what only lists need: the SOP class, conflicts */
    bool keys;                             /* also the keys of directory records; then all is needed, too */
    uint64_t max_instances;                /* ERR_TOO_LARGE beyond */
    bool digests;                          /* also what is known of SHA-256 */
};

/*
 * Calls `each` for every instance in the order of the archive: series number, series UID, instance number, SOP Instance
 * UID. The row lives only during the call; a failing `each` ends the query with its error. Fails with ERR_NOT_FOUND
 * when nothing is there, ERR_GONE when it is known to have been there, ERR_AWAY when the database cannot be reached
 * (one reconnection is tried before the first row).
 */
int catalog_find(struct catalog *c, const struct catalog_query *q,
                 int (*each)(void *ctx, const struct instance *i, struct err *e), void *ctx, struct err *e) MUST_CHECK;

/* What a DICOMDIR tells of a study; empty when there is no such study. */
int catalog_dicomdir_study(struct catalog *c, const char *study, struct dicomdir_study *out, struct err *e) MUST_CHECK;

/* Learnt: a file whose time changed was read and has the content that is recorded. No harm if nobody writes it down. */
int catalog_learn_mtime(struct catalog *c, const char *root, const char *path, int64_t old_ns, int64_t new_ns,
                        struct err *e) MUST_CHECK;

struct catalog_conversion {
    const char *target;
    uint32_t codec_version;
    uint64_t size, deflated; /* size: 0 where it failed; deflated: 0 where not known, which does not void what is */
    uint32_t crc;
};

/* Learnt: what an instance came out as in a converted form. crc_of_source guards against a file changed since. */
int catalog_learn_conversion(struct catalog *c, const char *sop_uid, uint32_t crc_of_source, const struct catalog_conversion *f,
                       struct err *e) MUST_CHECK;

struct catalog_deflated {
    const char *root, *path;
    uint32_t crc_of_file; /* nothing is recorded if the file has changed since */
    const char *compressor;
    uint64_t size; /* 0: the recorded size is wrong */
};

/* Record the deflated size of a file. */
int catalog_learn_deflated(struct catalog *c, const struct catalog_deflated *d, struct err *e) MUST_CHECK;

/* Record default sizes that were measured under a codec version, each guarded by its file's CRC-32. */
#define CATALOG_SIZES 1000 /* most of one call */
int catalog_learn_sizes(struct catalog *c, uint32_t codec_version, const struct instance_size *sizes, size_t count,
                        struct err *e) MUST_CHECK;

/* Learnt: SHA-256 of files, each guarded by its CRC-32. */
#define CATALOG_DIGESTS 1000 /* most of one call */
int catalog_learn_digests(struct catalog *c, const struct instance_digest *digests, size_t count, struct err *e) MUST_CHECK;

#endif
