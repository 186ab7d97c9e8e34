/* SPDX-License-Identifier: MIT */
/*
 * Determine whether the process at the other end of a connection may read a
 * file, by owner, group and mode, before it receives a file name instead of
 * bytes. Ignores access control lists.
 */
#ifndef WADOZIP_FASTCGI_PEER_ACCESS_H
#define WADOZIP_FASTCGI_PEER_ACCESS_H

#include <stdbool.h>
#include <sys/types.h>

#define PEER_ACCESS_GROUPS_MAX 64

struct peer_access {
    uid_t uid;
    gid_t groups[PEER_ACCESS_GROUPS_MAX + 1]; /* the first is its primary group */
    size_t group_count;
};

/* Return false if unknown: not a Unix socket, or more groups than
 * PEER_ACCESS_GROUPS_MAX. */
bool peer_access_of(struct peer_access *r, int fd);

/* `wish`: 4 to read, 1 to enter a folder, like the bits for others. */
bool peer_access_may(const struct peer_access *r, uid_t uid, gid_t gid, mode_t mode, mode_t wish);

/* Return whether it may enter every folder of an absolute path. Ignores the
 * last component. */
bool peer_access_reaches(const struct peer_access *r, const char *path);

#endif
