/* SPDX-License-Identifier: MIT */
/* Files beneath the configured roots, read-only. The kernel resolves each path
 * beneath its root and never follows a symbolic link (openat2() with
 * RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS). Only regular files are opened.
 * Folders stay open, up to a limit, so thousands of files in one folder cost
 * one path component each.
 *
 * A root can also be a prefix in an object store (s3_root.h). Its objects are
 * read into anonymous files, so that the functions below return the same for
 * both; a path names the key. */
#ifndef WADOZIP_STORE_STORE_H
#define WADOZIP_STORE_STORE_H

#include "conf/conf.h"
#include "store/store_meta.h"

struct store;

/* Copy the needed settings; c must outlive *out if it has roots in object
 * storage. Opens nothing yet. */
int store_open(const struct conf *c, struct store **out, struct err *e) MUST_CHECK;
void store_close(struct store *s); /* null is allowed */

/* Return in *folder a number for the folder of `path` (relative to the root, as
 * in struct instance) and in *file the file's own name, a pointer into `path`.
 * Makes no system call. Fails with ERR_DATA for a path that is absolute, empty
 * or has a . or .. component, with ERR_CONFIG for a root that is not
 * configured. */
int store_name(struct store *s, const char *root, const char *path, uint32_t *folder,
               const char **file, struct err *e) MUST_CHECK;

/* Return "root:folder/file" for messages. Valid until the next call. */
const char *store_label(struct store *s, uint32_t folder, const char *file);

/* Return in *root the name of the root and in `out` the path beneath it, as
 * given to store_name(). Returns the size of the path with its NUL, or 0 if it
 * does not fit. */
size_t store_place(const struct store *s, uint32_t folder, const char *file, const char **root,
                   char *out, size_t room);

/* Return the absolute path of a file, for another process: the configured root
 * and the path beneath it. Valid until the next call. */
const char *store_path(struct store *s, uint32_t folder, const char *file);

/* Read size and times of a regular file. Fails with ERR_DATA if it is missing,
 * a link, not a regular file or not readable, with ERR_AWAY if the root cannot
 * be opened. */
int store_stat(struct store *s, uint32_t folder, const char *file, struct store_meta *meta,
               struct err *e) MUST_CHECK;

/* Open the file for reading; the caller owns *fd and must call store_look()
 * before it reads. Errors as store_stat(). */
int store_descriptor(struct store *s, uint32_t folder, const char *file, int *fd,
                     struct err *e) MUST_CHECK;
int store_look(struct store *s, uint32_t folder, const char *file, int fd, struct store_meta *meta,
               struct err *e) MUST_CHECK;

/* Open and check the file: store_descriptor() and store_look(). */
int store_file(struct store *s, uint32_t folder, const char *file, int *fd, struct store_meta *meta,
               struct err *e) MUST_CHECK;

/* Forget all folders and close their descriptors. Invalidates folder numbers.
 */
void store_forget(struct store *s);

#endif
