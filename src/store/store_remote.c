/* SPDX-License-Identifier: MIT */
#include "store/store_remote.h"

#include "store/store_objects.h"
#include "store/store_state.h"

bool store_is_remote(const struct store *s, uint32_t folder)
{
    return store_objects_has(s, folder);
}

struct s3_root *store_objects(struct store *s, const char *root, struct err *e)
{
    for (size_t i = 0; i < s->root_count; i++)
        if (strcmp(s->roots[i].name, root) == 0)
            return store_objects_open(s, &s->roots[i], e);
    (void)err_set(e, ERR_CONFIG, "there is no root \"%s\"", root);
    return NULL;
}

bool store_trusts(struct store *s, uint32_t folder)
{
    struct err later = ERR_INIT;
    char path[PATH_MAX];
    const struct s3_root *r =
        store_is_remote(s, folder) ? store_objects_enter(s, folder, "", path, &later) : NULL;

    return r && s3_root_trusts(r);
}

int store_expect(struct store *s, uint32_t folder, const char *file, struct err *e)
{
    char path[PATH_MAX];
    struct s3_root *r;

    if (!store_is_remote(s, folder))
        return 0;
    r = store_objects_enter(s, folder, file, path, e);
    return r ? s3_root_expect(r, path, e) : -1;
}

int store_check_expected(struct store *s, struct err *e)
{
    for (size_t i = 0; i < s->root_count; i++)
        if (s->roots[i].s3 && s3_root_check(s->roots[i].s3, e))
            return -1;
    return 0;
}

bool store_ask(struct store *s, uint32_t folder, const char *file,
               const struct store_meta *recorded)
{
    struct err later = ERR_INIT;
    char path[PATH_MAX];
    struct s3_root *r;

    if (!store_is_remote(s, folder))
        return true;
    r = store_objects_enter(s, folder, file, path, &later);
    return r && s3_root_ask(r, path, recorded->size, recorded->mtime_ns);
}

bool store_streams(const struct store *s, uint32_t folder, uint64_t size)
{
    return size > S3_ROOT_SMALL && store_is_remote(s, folder);
}

int store_stream(struct store *s, uint32_t folder, const char *file, const struct store_part *p,
                 int *fd, struct err *e)
{
    char path[PATH_MAX];
    struct s3_root *r = store_objects_enter(s, folder, file, path, e);
    const struct s3_want w = {.path = path,
                              .size = p->size,
                              .mtime_ns = p->mtime_ns,
                              .etag = "",
                              .from = p->from,
                              .len = p->end - p->from};

    store_stream_end(s);
    if (!r || s3_root_stream(r, &w, fd, e))
        return -1;
    s->streaming = r;
    return 0;
}

int store_need(struct store *s, uint64_t from, uint64_t len, struct err *e)
{
    return s->streaming ? s3_root_need(s->streaming, from, len, e) : 0;
}

void store_stream_end(struct store *s)
{
    if (s->streaming)
        s3_root_stream_end(s->streaming);
    s->streaming = NULL;
}
