/* SPDX-License-Identifier: MIT */
/* Read an object by parts, several at a time, in ascending order, into a file.
 */
#ifndef WADOZIP_STORE_S3_STREAM_H
#define WADOZIP_STORE_S3_STREAM_H

#include "store/s3_fetch.h"
#include "store/s3_versions.h"

#define S3_STREAM_PART ((uint64_t)8 << 20)
#define S3_STREAM_STEP ((uint64_t)64 << 10) /* the first part begins at a multiple of it */
#define S3_STREAM_PARTS 4 /* requested at the same time */

/* The caller sets fetch, versions and fd = -1. */
struct s3_stream {
    struct s3_fetch *fetch;
    const struct s3_versions *versions;
    struct s3_want want;
    char *path; /* null: nothing is being read */
    int fd;
    uint64_t next; /* number of the part to request next */
    uint64_t done; /* parts before it are there, or not wanted */
    struct s3_part *parts[S3_STREAM_PARTS];
};

/* Begin to read the wanted bytes. Takes over fd, also if it fails; -1 is an
 * error that *e holds. */
int s3_stream_begin(struct s3_stream *s, const struct s3_want *w, int fd, struct err *e) MUST_CHECK;

/* Wait for the next part. Fails as s3_fetch_wait(). */
int s3_stream_take(struct s3_stream *s, struct err *e) MUST_CHECK;

/* Close the file and cancel its requests. */
void s3_stream_release(struct s3_stream *s);

#endif
