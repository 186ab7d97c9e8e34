/* SPDX-License-Identifier: MIT */
/* The credentials of an object store (s3.NAME.credentials). A file is read
 * again when it has changed, so that rotated keys need no restart. Threads may
 * share them. */
#ifndef WADOZIP_STORE_S3_CREDENTIALS_H
#define WADOZIP_STORE_S3_CREDENTIALS_H

#include "conf/conf.h"
#include "base/err.h"

struct s3_credentials;

/* Read them from the file or the environment. c must outlive *out. Fails with
 * ERR_CONFIG if they are missing. */
int s3_credentials_open(const struct conf_s3 *c, struct s3_credentials **out,
                        struct err *e) MUST_CHECK;
void s3_credentials_close(struct s3_credentials *k); /* null is allowed */

/* A copy of the values. */
struct s3_key {
    char *user, *token; /* "key id:secret"; session token, "" for none; null if memory is short */
    unsigned version;   /* s3_credentials_version() of these values */
};

/*
 * Copy the values, after reading a changed file. A file that cannot be read is
 * logged, and the previous values stay. Call s3_key_release().
 */
void s3_credentials_get(struct s3_credentials *k, struct s3_key *out);
void s3_key_release(struct s3_key *key);

/* Read a changed file, and return a number that is larger after each change. */
unsigned s3_credentials_version(struct s3_credentials *k);

#endif
