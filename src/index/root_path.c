/* SPDX-License-Identifier: MIT */
#include "index/root_path.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/utf8.h"
#include "store/store_remote.h"

/*
 * Resolve the existing part of a path with realpath(3) and append the rest;
 * *exists is false if there is a rest.
 */
static int root_path_resolve(const char *given, char out[PATH_MAX], bool *exists, struct err *e)
{
    char head[PATH_MAX], rest[PATH_MAX] = "";
    size_t len = strlen(given);

    *exists = true;
    if (len == 0 || len >= sizeof head)
        return err_set(e, ERR_REQUEST, "a PATH is empty or too long");
    memcpy(head, given, len + 1);
    while (!realpath(head, out)) {
        char *slash = strrchr(head, '/');
        const char *last = slash ? slash + 1 : head;
        char longer[PATH_MAX];

        if ((errno != ENOENT && errno != ENOTDIR) || !*head || strcmp(last, "..") == 0)
            return err_sys(e, ERR_REQUEST, "%s cannot be resolved", given);
        *exists = false;
        if (*last && strcmp(last, ".") != 0) {
            if (snprintf(longer, sizeof longer, "/%s%s", last, rest) >= (int)sizeof longer)
                return err_set(e, ERR_REQUEST, "%s is too long", given);
            memcpy(rest, longer, sizeof rest);
        }
        if (slash == head)
            slash++;
        if (slash)
            *slash = '\0';
        else
            snprintf(head, sizeof head, ".");
    }
    len = strcmp(out, "/") == 0 ? 0 : strlen(out);
    if (len + strlen(rest) >= PATH_MAX)
        return err_set(e, ERR_REQUEST, "%s is too long", given);
    memcpy(out + len, rest, strlen(rest) + 1);
    return 0;
}

/*
 * Return the rest of `path` after `root`, without a leading slash; null if it
 * is not beneath the root.
 */
static const char *behind(const char *root, const char *path)
{
    size_t len = strcmp(root, "/") == 0 ? 0 : strlen(root);

    if (strncmp(root, path, len) != 0 || (path[len] != '/' && path[len] != '\0'))
        return NULL;
    return path + len + (path[len] == '/');
}

/* Return the innermost root that contains the path. */
static const struct conf_root *root_path_find_root(const struct conf *c, const char *path,
                                                   const char **relative)
{
    const struct conf_root *found = NULL;
    char root[PATH_MAX];

    for (size_t i = 0; i < c->root_count; i++) {
        const char *rest = realpath(c->roots[i].path, root) ? behind(root, path) : NULL;

        if (rest && (!found || strlen(rest) < strlen(*relative))) {
            found = &c->roots[i];
            *relative = rest;
        }
    }
    return found;
}

/* The innermost root in object storage that contains s3://BUCKET/KEY; textual.
 */
static int root_path_open_objects(const struct conf *c, const char *given, struct root_path *p,
                                  struct err *e)
{
    const char *relative = NULL;
    size_t len;

    for (size_t i = 0; i < c->root_count; i++) {
        const char *root = c->roots[i].path, *rest;

        for (len = strlen(root); len && root[len - 1] == '/';)
            len--;
        rest = strncmp(root, given, len) == 0 && (given[len] == '/' || !given[len]) ? given + len
                                                                                    : NULL;
        if (conf_s3_is_url(root) && rest && (!relative || strlen(rest) < strlen(relative))) {
            p->root = &c->roots[i];
            relative = rest;
        }
    }
    if (!relative)
        return err_set(e, ERR_REQUEST,
                       "%s lies beneath no root: `wadozip settings` lists them as root.NAME",
                       given);
    relative += strspn(relative, "/");
    for (len = strlen(relative); len && relative[len - 1] == '/';)
        len--;
    if (len >= sizeof p->path)
        return err_set(e, ERR_REQUEST, "%s is too long", given);
    memcpy(p->path, relative, len);
    if (store_open(c, &p->store, e) || !(p->objects = store_objects(p->store, p->root->name, e)))
        return -1;
    return s3_root_exists(p->objects, p->path, &p->exists, e);
}

int root_path_open(const struct conf *c, const char *given, struct root_path *p, struct err *e)
{
    char path[PATH_MAX];
    const char *relative;

    *p = (struct root_path){.root_fd = -1};
    if (conf_s3_is_url(given))
        return root_path_open_objects(c, given, p, e);
    if (root_path_resolve(given, path, &p->exists, e))
        return -1;
    p->root = root_path_find_root(c, path, &relative);
    for (size_t i = 0; !p->root && i < c->root_count; i++)
        if (behind(c->roots[i].path, path))
            return err_set(e, ERR_AWAY, "the root %s cannot be opened at %s", c->roots[i].name,
                           c->roots[i].path);
    if (!p->root)
        return err_set(e, ERR_REQUEST,
                       "%s lies beneath no root: `wadozip settings` lists them as root.NAME",
                       given);
    memcpy(p->path, relative, strlen(relative) + 1);
    p->root_fd = open(p->root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (p->root_fd < 0)
        return err_sys(e, ERR_AWAY, "the root %s cannot be opened at %s", p->root->name,
                       p->root->path);
    return 0;
}

void root_path_close(struct root_path *p)
{
    io_close(&p->root_fd);
    store_close(p->store);
    p->store = NULL;
    p->objects = NULL;
}

bool root_path_covers(const struct root_path *outer, const struct root_path *inner)
{
    size_t len = strlen(outer->path);

    return outer->root == inner->root && strncmp(outer->path, inner->path, len) == 0 &&
           (len == 0 || inner->path[len] == '/' || inner->path[len] == '\0');
}

const char *root_path_label(const char *root, const char *path, char out[ROOT_PATH_LABEL_MAX])
{
    size_t n = (size_t)snprintf(out, ROOT_PATH_LABEL_MAX, "%s:", root);

    for (size_t at = 0, len = strlen(path); at < len && n < ROOT_PATH_LABEL_MAX - 5;) {
        size_t step = path[at] == '\\' ? 0 : utf8_character(path + at, len - at);

        memcpy(out + n, path + at, step);
        n += step ? step : (size_t)snprintf(out + n, 5, "\\x%02x", (unsigned char)path[at]);
        at += step ? step : 1;
    }
    out[n] = '\0';
    return out;
}
