/* SPDX-License-Identifier: MIT */
/* A page of a list of objects (ListObjectsV2): its address, and its text. */
#ifndef WADOZIP_STORE_S3_PAGE_H
#define WADOZIP_STORE_S3_PAGE_H

#include "base/err.h"
#include "store/s3.h"

#define S3_PAGE_BYTES_MAX ((size_t)8 << 20)
#define S3_PAGE_TEXT_MAX (3 * S3_KEY_MAX + 1) /* bytes of a value with a NUL: an encoded key */

/* path: beneath the root, valid during the call. */
typedef int s3_page_each(void *ctx, const char *path, const struct s3_meta *meta, struct err *e);

/* One page after the other, in the order of keys. The caller sets the first
 * three; all others are 0 before the first page. */
struct s3_page {
    const struct s3 *s3;
    s3_page_each *each;
    void *ctx;
    char last[S3_PAGE_TEXT_MAX];  /* the last key, "" before the first */
    char token[S3_PAGE_TEXT_MAX]; /* for the next page, or "" */
    bool truncated;               /* there are more objects */
    int rc;                       /* of `each` */
};

/*
 * Return the address of a page of the keys that begin with `prefix`: the first
 * one, that of a token, or the one of keys after `after`; "" for none. Keys are
 * requested in percent-encoding: XML has no form for most control characters, and
 * one such key would make a list unreadable. The caller frees the address. Null
 * if memory is short.
 */
char *s3_page_url(const struct s3 *s, const char *prefix, const char *token, const char *after);

/*
 * Call `each` for every object of a page. Keys that end with a slash are left
 * out. Fails with ERR_AWAY if the text is no list, if keys are not in byte order,
 * or if the list does not advance, so that it would have no end.
 */
int s3_page_parse(struct s3_page *p, const char *text, size_t len, struct err *e) MUST_CHECK;

#endif
