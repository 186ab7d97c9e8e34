/*
 * Whether the process at the other end of a connection may read a file, by owner, group and mode: before it is handed a
 * name instead of bytes. Access control lists are not looked at.
 */
#ifndef WADOZIP_FCGI_READER_H
#define WADOZIP_FCGI_READER_H

#include <stdbool.h>
#include <sys/types.h>

#define READER_GROUPS_MAX 64

struct reader {
    uid_t uid;
    gid_t groups[READER_GROUPS_MAX + 1]; /* the first is its own */
    size_t group_count;
};

/* False where that cannot be told: not a unix socket, or more groups than READER_GROUPS_MAX. */
bool reader_of(struct reader *r, int fd);

/* `wish`: 4 to read, 1 to enter a folder, as in the bits for others. */
bool reader_may(const struct reader *r, uid_t uid, gid_t gid, mode_t mode, mode_t wish);

/* Whether it may enter every folder of an absolute path, of which the last component is not looked at. */
bool reader_reaches(const struct reader *r, const char *path);

#endif
