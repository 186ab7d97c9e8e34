/* SPDX-License-Identifier: MIT */
/* Functions of store.c for roots in object storage. */
#ifndef WADOZIP_STORE_STORE_OBJECTS_H
#define WADOZIP_STORE_STORE_OBJECTS_H

#include <limits.h>

#include "store/s3_root.h"
#include "store/store_meta.h"

struct store;
struct root;

/* Return whether files of the folder are objects. */
bool store_objects_has(const struct store *s, uint32_t folder);

/* Return the objects of a root, opened if necessary, or null with *e. */
struct s3_root *store_objects_open(struct store *s, struct root *r, struct err *e);

/* Return those of the folder's root, and the path of `file` in `path`; null
 * with *e. */
struct s3_root *store_objects_enter(struct store *s, uint32_t folder, const char *file,
                                    char path[PATH_MAX], struct err *e);

/* As store_stat() and store_descriptor(). */
int store_objects_stat(struct store *s, uint32_t folder, const char *file, struct store_meta *meta,
                       struct err *e) MUST_CHECK;
int store_objects_descriptor(struct store *s, uint32_t folder, const char *file, int *fd,
                             struct err *e) MUST_CHECK;

/* Forget objects that were read ahead; or free everything. */
void store_objects_forget(struct store *s);
void store_objects_close(struct store *s);

#endif
