/* SPDX-License-Identifier: MIT */
/* Settings of roots in object storage: s3.NAME.KEY belongs to root.NAME =
 * s3://BUCKET/PREFIX. */
#ifndef WADOZIP_CONF_CONF_S3_H
#define WADOZIP_CONF_CONF_S3_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf_line.h"

#define CONF_S3_SCHEME "s3://"
#define CONF_S3_ENVIRONMENT "environment"
#define CONF_S3_NAME_MAX 32 /* as CONF_ROOT_NAME_MAX */
#define CONF_S3_MAX 64

/* How objects are checked before the status line. */
enum conf_s3_check {
    CONF_S3_CHECK_LIST, /* by pages of the list, or one by one (store/s3_check.h) */
    CONF_S3_CHECK_HEAD, /* one request per object */
    CONF_S3_CHECK_TRUST /* not at all; changes are noticed while sending */
};

/* The place of the bucket in addresses. */
enum conf_s3_addressing {
    CONF_S3_PATH, /* ENDPOINT/BUCKET/KEY */
    CONF_S3_HOST  /* BUCKET.ENDPOINT/KEY */
};

struct conf_s3 {
    char name[CONF_S3_NAME_MAX + 1]; /* of the root */
    char *endpoint;      /* http:// or https:// without a trailing slash */
    char *region;
    char *credentials;   /* file, or CONF_S3_ENVIRONMENT */
    enum conf_s3_check check;
    enum conf_s3_addressing addressing;
    uint64_t connections; /* per process */
    uint64_t seconds;     /* for a request of at most 8 MiB, with its repetitions */
};

struct conf_s3_set {
    struct conf_s3 of[CONF_S3_MAX];
    size_t count;
};

/* Return whether the value of a root.NAME names a bucket. */
bool conf_s3_is_url(const char *path);

/*
 * Apply s3.NAME.KEY. Fails with ERR_CONFIG for an unknown key or a bad value,
 * and, if `once`, for a key that is set twice.
 */
int conf_s3_apply(struct conf_s3_set *c, const struct conf_line *l, struct err *e) MUST_CHECK;

/* Set defaults. Fails with ERR_CONFIG if a root has no endpoint. */
int conf_s3_complete(struct conf_s3_set *c, struct err *e) MUST_CHECK;
void conf_s3_release(struct conf_s3_set *c);

/* Call show() for each key of each root. */
void conf_s3_each(const struct conf_s3_set *c,
                  void (*show)(void *ctx, const char *key, const char *value, const char *help),
                  void *ctx);

/* Return the settings of a root, or null. */
const struct conf_s3 *conf_s3_of(const struct conf_s3_set *c, const char *root);

#endif
