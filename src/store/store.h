/*
 * Files beneath the configured roots, read-only. A path is resolved by the kernel beneath its root without ever
 * following a symbolic link (openat2 with RESOLVE_BENEATH and RESOLVE_NO_SYMLINKS); what is opened is then checked to
 * be a regular file. Folders are named once and kept open while there is room, so that thousands of files of one folder
 * cost one look-up each.
 */
#ifndef WADOZIP_STORE_STORE_H
#define WADOZIP_STORE_STORE_H

#include <stdint.h>
#include <sys/types.h>

#include "base/conf.h"
#include "base/err.h"

struct store;

struct store_meta {
    uint64_t size;
    int64_t mtime_ns;
    int64_t ctime_ns; /* of the last change of anything, its name included */
    uid_t uid;
    gid_t gid;
    mode_t mode;
};

/* Copies what it needs of the settings; opens nothing yet. */
int store_open(const struct conf *c, struct store **out, struct err *e) MUST_CHECK;
void store_close(struct store *s); /* null is allowed */

/*
 * Names the folder of `path` (root-relative, as in struct instance) and gives a number for it and the file's own name,
 * a pointer into `path`. No system call. ERR_DATA for a path that is absolute, empty or has a . or .. component,
 * ERR_CONFIG for a root without a setting.
 */
int store_name(struct store *s, const char *root, const char *path, uint32_t *folder, const char **file,
               struct err *e) MUST_CHECK;

/* "root:folder/file" for messages; valid until the next call. */
const char *store_label(struct store *s, uint32_t folder, const char *file);

/*
 * The name of the root and, in `out`, the path beneath it: what store_name was given. Bytes of the path with its NUL, 0 when
 * there is no room for them.
 */
size_t store_place(const struct store *s, uint32_t folder, const char *file, const char **root, char *out, size_t room);

/*
 * The absolute path of a file, for another process: where the settings say that the root lies, and the path beneath. Valid
 * until the next call.
 */
const char *store_path(struct store *s, uint32_t folder, const char *file);

/*
 * Size and time of a regular file. ERR_DATA: missing, a link, not a file, or not to be read by this account; ERR_AWAY: the
 * root cannot be opened.
 */
int store_stat(struct store *s, uint32_t folder, const char *file, struct store_meta *meta, struct err *e) MUST_CHECK;

/* Opens it for reading; *fd is the caller's. What it is has to be looked at before it is read. Errors as store_stat. */
int store_descriptor(struct store *s, uint32_t folder, const char *file, int *fd, struct err *e) MUST_CHECK;
int store_look(struct store *s, uint32_t folder, const char *file, int fd, struct store_meta *meta, struct err *e) MUST_CHECK;

/* Both. */
int store_file(struct store *s, uint32_t folder, const char *file, int *fd, struct store_meta *meta,
               struct err *e) MUST_CHECK;

/* Forgets all folders and closes their descriptors: the end of a request. Folder numbers are void afterwards. */
void store_forget(struct store *s);

#endif
