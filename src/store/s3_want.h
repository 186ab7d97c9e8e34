/* SPDX-License-Identifier: MIT */
/* What to read of an object. */
#ifndef WADOZIP_STORE_S3_WANT_H
#define WADOZIP_STORE_S3_WANT_H

#include <stdint.h>

#define S3_FETCH_SIZE_UNKNOWN UINT64_MAX
#define S3_FETCH_TIME_UNKNOWN INT64_MIN

/* The bytes to read, and the expected version of the object. */
struct s3_want {
    const char *path;   /* beneath the root; copied */
    uint64_t size;      /* of the whole object, or S3_FETCH_SIZE_UNKNOWN */
    int64_t mtime_ns;   /* s3_stamp(), or S3_FETCH_TIME_UNKNOWN */
    const char *etag;   /* for If-Match, or "" */
    uint64_t from, len; /* bytes to read; the whole object: 0 and size */
    int fd;             /* they are written at the same offset; duplicated */
};

#endif
