/* SPDX-License-Identifier: MIT */
/* Sizes and versions of the objects of a request, as they were before it is
 * answered. */
#ifndef WADOZIP_STORE_S3_VERSIONS_H
#define WADOZIP_STORE_S3_VERSIONS_H

#include "base/buf.h"
#include "store/s3.h"

enum s3_version_state { S3_VERSION_UNKNOWN, S3_VERSION_PRESENT, S3_VERSION_MISSING };

struct s3_version {
    uint32_t path, etag; /* offsets in the text */
    enum s3_version_state state;
    uint64_t size;
    int64_t mtime_ns;
};

/* All zero: none. */
struct s3_versions {
    struct s3_version *of;
    size_t count, room;
    size_t sorted;   /* so many of them are in byte order of paths */
    struct buf text; /* paths and entity tags */
};

void s3_versions_release(struct s3_versions *v);

/* Add an object that is not known yet; path: beneath the root. It may be there
 * already. */
int s3_versions_add(struct s3_versions *v, const char *path, struct err *e) MUST_CHECK;

/* Sort all of them, each path once. */
void s3_versions_sort(struct s3_versions *v);

/* Return the path of object i. Valid until the next one is added or set. */
const char *s3_versions_path(const struct s3_versions *v, size_t i);

/* Record that object i is present. */
int s3_versions_set(struct s3_versions *v, size_t i, const struct s3_meta *meta,
                    struct err *e) MUST_CHECK;

/* Return the state of an object, and *meta if it is present. Finds sorted ones
 * only. */
enum s3_version_state s3_versions_find(const struct s3_versions *v, const char *path,
                                       struct s3_meta *meta);

#endif
