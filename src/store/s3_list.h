/* SPDX-License-Identifier: MIT */
/* List objects, and look at one, without reading them. */
#ifndef WADOZIP_STORE_S3_LIST_H
#define WADOZIP_STORE_S3_LIST_H

#include "store/s3_request.h"

/* path: beneath the root, valid during the call. */
typedef int s3_list_each(void *ctx, const char *path, const struct s3_meta *meta, struct err *e);

struct s3_listing {
    const char *folder; /* beneath the root, "" for all of it */
    bool deep;          /* also objects in folders beneath */
    unsigned pages;     /* at most so many pages of 1,000 objects; 0: all */
    s3_list_each *each;
    void *ctx;
};

/*
 * Call `each` for every object in the byte order of keys. Keys that end with a
 * slash are left out. *complete is false if there are more pages. A page that
 * fails is asked for again, within s3.NAME.seconds. `r` keeps the connection.
 */
int s3_list(struct s3_request *r, const struct s3_listing *l, bool *complete,
            struct err *e) MUST_CHECK;

/* Look at one object. Fails with ERR_DATA and sys ENOENT if it does not exist.
 */
int s3_head(struct s3_request *r, const char *path, struct s3_meta *meta, struct err *e) MUST_CHECK;

#endif
