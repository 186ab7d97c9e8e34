/* SPDX-License-Identifier: MIT */
/* A folder tree for a test, made from a list of paths and removed as a whole.
 */
#ifndef WADOZIP_TESTS_UNIT_INDEX_TREE_H
#define WADOZIP_TESTS_UNIT_INDEX_TREE_H

#include "tests/unit/unit.h"

#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

struct tree {
    char path[64];
    int fd;
};

static inline int tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
    (void)st, (void)type, (void)w;
    return remove(path);
}

static inline void tree_open(struct tree *t)
{
    snprintf(t->path, sizeof t->path, "/tmp/wadozip-tree-XXXXXX");
    assert_non_null(mkdtemp(t->path));
    t->fd = open(t->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(t->fd >= 0);
}

static inline void tree_close(struct tree *t)
{
    close(t->fd);
    assert_int_equal(nftw(t->path, tree_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A path that ends with a slash is a folder, others become files that hold
 * their own name. */
static inline void tree_add(const struct tree *t, const char *path)
{
    char copy[PATH_MAX];
    int fd;

    snprintf(copy, sizeof copy, "%s", path);
    for (char *slash = strchr(copy, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdirat(t->fd, copy, 0755);
        *slash = '/';
    }
    if (path[strlen(path) - 1] == '/')
        return;
    fd = openat(t->fd, path, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, path, strlen(path)), (ssize_t)strlen(path));
    close(fd);
}

#endif
