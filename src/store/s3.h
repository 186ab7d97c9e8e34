/* SPDX-License-Identifier: MIT */
/* A bucket in an object store with the S3 interface (Ceph, MinIO, Swift, AWS),
 * read-only: requests are made and signed by libcurl. */
#ifndef WADOZIP_STORE_S3_H
#define WADOZIP_STORE_S3_H

#include <stdint.h>

#include "conf/conf.h"
#include "base/err.h"

#define S3_ETAG_MAX 128
#define S3_KEY_MAX 1024 /* bytes of a key, an S3 limit */

struct s3_credentials;

struct s3 {
    const struct conf_s3 *conf;
    char *bucket, *prefix;                /* prefix: without slashes at its ends, may be "" */
    struct s3_credentials *credentials;
    char *signature;                      /* CURLOPT_AWS_SIGV4 */
};

struct s3_meta {
    uint64_t size;
    int64_t mtime_ns; /* s3_stamp() */
    char etag[S3_ETAG_MAX]; /* without quotes */
};

/*
 * Read the credentials of root.NAME. Sends nothing. c must outlive *out. Fails
 * with ERR_CONFIG if they are missing.
 */
int s3_open(const struct conf *c, const struct conf_root *r, struct s3 **out,
            struct err *e) MUST_CHECK;
void s3_close(struct s3 *s); /* null is allowed */

/*
 * Return the identity of a version of an object in the form of a modification
 * time: the time is exact to the second, the nanoseconds are a checksum of the
 * entity tag. `seconds`: since 1970.
 */
int64_t s3_stamp(int64_t seconds, const char *etag);

/* Return the address of an object; the caller frees it. Null if memory is short
 * or the key too long. */
char *s3_url(const struct s3 *s, const char *path);

/* Return whether the path of an address has a segment "." or "..", which
 * libcurl removes unless CURLOPT_PATH_AS_IS is set (RFC 3986 5.2.4). */
bool s3_url_has_dots(const char *url);

/* Return the address of the bucket with a query, whose names are in ascending
 * order, as the signature requires. The caller frees it. Null if memory is
 * short. */
char *s3_list_url(const struct s3 *s, const char *const (*query)[2], size_t count);

/* Return the key of a path beneath the root, or null if it is too long. */
const char *s3_key(const struct s3 *s, const char *path, char out[S3_KEY_MAX + 1]);

#endif
