/* SPDX-License-Identifier: MIT */
/* Record facts discovered while sending. All of this is optional: a lost record
 * costs time in a later request, so errors may be ignored. */
#ifndef WADOZIP_CATALOG_CATALOG_LEARN_H
#define WADOZIP_CATALOG_CATALOG_LEARN_H

#include "catalog/catalog.h"

/*
 * Record facts in another database than the one that is read: the primary of a
 * standby. conninfo "none": in the same one.
 *
 * catalog_learn_…() fail once and then do nothing for a while if the server is
 * read-only, or if that other database cannot be reached: they never delay a
 * download for long.
 */
int catalog_learn_at(struct catalog *c, const char *conninfo, struct err *e) MUST_CHECK;

/* Record that a file with a new modification time was read and has the recorded
 * content. */
int catalog_learn_mtime(struct catalog *c, const char *root, const char *path, int64_t old_ns,
                        int64_t new_ns, struct err *e) MUST_CHECK;

struct catalog_conversion {
    const char *target;
    uint32_t codec_version;
    uint64_t size, deflated; /* size: 0 if it failed; deflated: 0 if not known, which keeps a
                              * recorded one */
    uint32_t crc;
};

/* Record the size of a converted instance. crc_of_source protects against a
 * file that has changed since. */
int catalog_learn_conversion(struct catalog *c, const char *sop_uid, uint32_t crc_of_source,
                             const struct catalog_conversion *f, struct err *e) MUST_CHECK;

struct catalog_deflated {
    const char *root, *path;
    uint32_t crc_of_file; /* nothing is recorded if the file has changed since */
    const char *compressor;
    uint64_t size; /* 0: the recorded size is wrong */
    bool pixels;   /* it is that of the file's pixel data */
};

/* Record the deflated size of a file, or of its pixel data. Sizes of another
 * compressor are forgotten. */
int catalog_learn_deflated(struct catalog *c, const struct catalog_deflated *d,
                           struct err *e) MUST_CHECK;

/* Record uncompressed sizes measured under a codec version, each protected by
 * its file's CRC-32. */
#define CATALOG_SIZES 1000 /* largest number per call */
int catalog_learn_sizes(struct catalog *c, uint32_t codec_version,
                        const struct instance_size *sizes, size_t count, struct err *e) MUST_CHECK;

/* Record SHA-256 values of files, each protected by its CRC-32. */
#define CATALOG_DIGESTS 1000 /* largest number per call */
int catalog_learn_digests(struct catalog *c, const struct instance_digest *digests, size_t count,
                          struct err *e) MUST_CHECK;

#endif
