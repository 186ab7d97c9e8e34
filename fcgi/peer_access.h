/* SPDX-License-Identifier: MIT */
/*
 * Whether the process at the other end of a connection may read a file, by owner, group and mode: before it is handed a
 * name instead of bytes. Access control lists are not looked at.
 */
#ifndef WADOZIP_FCGI_PEER_ACCESS_H
#define WADOZIP_FCGI_PEER_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

#define PEER_ACCESS_GROUPS_MAX 64

struct peer_access {
    uid_t uid;
    gid_t groups[PEER_ACCESS_GROUPS_MAX + 1]; /* the first is its own */
    size_t group_count;
};

/* False where that cannot be told: not a unix socket, or more groups than PEER_ACCESS_GROUPS_MAX. */
bool peer_access_of(struct peer_access *r, int fd);

/* `wish`: 4 to read, 1 to enter a folder, as in the bits for others. */
bool peer_access_may(const struct peer_access *r, uid_t uid, gid_t gid, mode_t mode, mode_t wish);

/* Whether it may enter every folder of an absolute path, of which the last component is not looked at. */
bool peer_access_reaches(const struct peer_access *r, const char *path);

#endif
