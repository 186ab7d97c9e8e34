/* SPDX-License-Identifier: MIT */
#include "store/write_guard.h"

#include <limits.h>

#include "base/spool.h"

/* Return whether `path` is `root` or below it. */
static bool write_guard_is_beneath(const char *root, const char *path)
{
    size_t len = strlen(root);

    while (len > 1 && root[len - 1] == '/')
        len--;
    return strncmp(root, path, len) == 0 && (len == 1 || path[len] == '/' || path[len] == '\0');
}

static int no_folder(const char *setting, const char *path, struct err *e)
{
    return err_set(e, ERR_CONFIG, "%s must be the absolute path of a folder, not \"%s\"", setting,
                   path);
}

/* Resolve the real path of a folder that need not exist yet. Folders above it
 * may be links. */
static int find_place(const char *setting, const char *given, char out[PATH_MAX], struct err *e)
{
    char parent[PATH_MAX], name[NAME_MAX + 1], real[PATH_MAX], *slash;
    size_t len = strlen(given);

    while (len > 1 && given[len - 1] == '/')
        len--;
    if (given[0] != '/' || len < 2 || len >= sizeof parent)
        return no_folder(setting, given, e);
    memcpy(parent, given, len);
    parent[len] = '\0';
    slash = strrchr(parent, '/');
    if (strlen(slash + 1) > NAME_MAX || strcmp(slash, "/.") == 0 || strcmp(slash, "/..") == 0)
        return no_folder(setting, given, e);
    snprintf(name, sizeof name, "%s", slash + 1);
    slash[slash == parent] = '\0';
    if (!realpath(parent, real))
        return err_sys(e, ERR_SYSTEM, "%s: the folder %s cannot be found", setting, parent);
    if (snprintf(out, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, name) >= PATH_MAX)
        return err_set(e, ERR_CONFIG, "%s is too long", setting);
    return 0;
}

/* Compare the path as written and the resolved path. */
static bool holds(const struct conf_root *r, const char *path)
{
    char real[PATH_MAX];

    return write_guard_is_beneath(r->path, path) ||
           (realpath(r->path, real) && write_guard_is_beneath(real, path));
}

int write_guard_check(const struct conf *c, const char *setting, const char *path, struct err *e)
{
    char place[PATH_MAX], target[PATH_MAX];

    if (find_place(setting, path, place, e))
        return -1;
    if (!realpath(path, target)) /* the folder itself can be a link */
        memcpy(target, place, sizeof target);
    for (size_t i = 0; i < c->root_count; i++)
        if (holds(&c->roots[i], path) || holds(&c->roots[i], place) || holds(&c->roots[i], target))
            return err_set(e, ERR_CONFIG,
                           "%s lies beneath the root %s: nothing is ever written there", setting,
                           c->roots[i].name);
    return 0;
}

int write_guard_check_all(const struct conf *c, struct err *e)
{
    char spool[PATH_MAX];
    const char *const folders[][2] = {{"spool", spool}, {"conversion_cache", c->conversion_cache}};

    spool_path(c->spool, spool);
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        struct err why = ERR_INIT;

        if (strcmp(folders[i][1], "none") != 0 &&
            write_guard_check(c, folders[i][0], folders[i][1], &why) && why.kind == ERR_CONFIG)
            return err_pass(e, &why);
    }
    return 0;
}
