/* SPDX-License-Identifier: MIT */
/* List objects, and look at one, without reading them. */
#ifndef WADOZIP_STORE_S3_LIST_H
#define WADOZIP_STORE_S3_LIST_H

#include "store/s3_page.h"
#include "store/s3_request.h"

struct s3_listing {
    const char *folder; /* beneath the root, "" for all of it */
    bool once;          /* only the first page */
    s3_page_each *each;
    void *ctx;
};

/*
 * Call `each` for every object of a folder and those beneath it, in the byte
 * order of keys. A page that fails is asked for again, within s3.NAME.seconds.
 * `r` keeps the connection.
 */
int s3_list(struct s3_request *r, const struct s3_listing *l, struct err *e) MUST_CHECK;

/* Look at one object. Fails with ERR_DATA and sys ENOENT if it does not exist.
 */
int s3_head(struct s3_request *r, const char *path, struct s3_meta *meta, struct err *e) MUST_CHECK;

#endif
