/* SPDX-License-Identifier: MIT */
#include "fastcgi/peer_access.h"

#include <limits.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

bool peer_access_of(struct peer_access *r, int fd)
{
    struct ucred peer;
    socklen_t len = sizeof peer, groups = PEER_ACCESS_GROUPS_MAX * sizeof *r->groups;

    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) || peer.uid == (uid_t)-1 ||
        getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, r->groups + 1, &groups))
        return false;
    r->uid = peer.uid;
    r->groups[0] = peer.gid;
    r->group_count = 1 + groups / sizeof *r->groups;
    return true;
}

static bool is_member(const struct peer_access *r, gid_t gid)
{
    for (size_t i = 0; i < r->group_count; i++)
        if (r->groups[i] == gid)
            return true;
    return false;
}

/* Only the first matching class of owner, group and others counts. */
bool peer_access_may(const struct peer_access *r, uid_t uid, gid_t gid, mode_t mode, mode_t wish)
{
    if (r->uid == 0)
        return true;
    if (r->uid == uid)
        return (mode >> 6 & wish) != 0;
    if (is_member(r, gid))
        return (mode >> 3 & wish) != 0;
    return (mode & wish) != 0;
}

bool peer_access_reaches(const struct peer_access *r, const char *path)
{
    char folder[PATH_MAX];
    struct stat st;

    for (const char *slash = path; (slash = strchr(slash, '/')) != NULL; slash++) {
        size_t len = slash == path ? 1 : (size_t)(slash - path);

        if (len >= sizeof folder)
            return false;
        memcpy(folder, path, len);
        folder[len] = '\0';
        if (stat(folder, &st) || !peer_access_may(r, st.st_uid, st.st_gid, st.st_mode, 1))
            return false;
    }
    return true;
}
