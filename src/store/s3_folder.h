/* SPDX-License-Identifier: MIT */
/* Lists of folders of an object store, read once per request. */
#ifndef WADOZIP_STORE_S3_FOLDER_H
#define WADOZIP_STORE_S3_FOLDER_H

#include "store/s3_list.h"

/* of 1,000 objects; objects of larger folders are looked at one by one */
#define S3_FOLDER_PAGES 20
#define S3_FOLDERS_MAX 1024 /* lists kept */

struct s3_folder {
    char *path;
    bool complete;
    struct s3_folder_entry *entries; /* in byte order */
    size_t count, room;
};

struct s3_folders {
    struct s3_folder *lists;
    size_t count, room, last;
};

void s3_folders_release(struct s3_folders *f);

/* Find an object in the list of its folder, which is read if necessary. Returns
 * 1 if it is there, 0 if it is not, -1 if the list cannot be read, and 2 if the
 * folder is too large. */
int s3_folders_find(struct s3_folders *f, struct s3_request *r, const char *path,
                    struct s3_meta *meta, struct err *e) MUST_CHECK;

/* Return the entity tag of an object in a list that was read before, or "". */
const char *s3_folders_etag(const struct s3_folders *f, const char *path);

#endif
