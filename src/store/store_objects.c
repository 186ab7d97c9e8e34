/* SPDX-License-Identifier: MIT */
#include "store/store_objects.h"

#include "store/store_state.h"

static struct root *root_of(const struct store *s, uint32_t folder)
{
    return (struct root *)&s->roots[s->folders.entries[folder].root];
}

bool store_objects_has(const struct store *s, uint32_t folder)
{
    return conf_s3_is_url(root_of(s, folder)->path);
}

struct s3_root *store_objects_open(struct store *s, struct root *r, struct err *e)
{
    if (!r->s3 && s3_root_open(s->conf, r->conf, &r->s3, e))
        return NULL;
    return r->s3;
}

struct s3_root *store_objects_enter(struct store *s, uint32_t folder, const char *file,
                                    char path[PATH_MAX], struct err *e)
{
    const char *above = s->folders.text + s->folders.entries[folder].path;

    if (snprintf(path, PATH_MAX, "%s%s%s", above, *above ? "/" : "", file) >= PATH_MAX) {
        (void)err_set(e, ERR_DATA, "the path of %s is too long", file);
        return NULL;
    }
    return store_objects_open(s, root_of(s, folder), e);
}

int store_objects_stat(struct store *s, uint32_t folder, const char *file, struct store_meta *meta,
                       struct err *e)
{
    char path[PATH_MAX];
    struct s3_root *r = store_objects_enter(s, folder, file, path, e);
    struct s3_meta m;

    if (!r || s3_root_stat(r, path, &m, e))
        return -1;
    *meta = (struct store_meta){.size = m.size, .mtime_ns = m.mtime_ns};
    return 0;
}

int store_objects_descriptor(struct store *s, uint32_t folder, const char *file, int *fd,
                             struct err *e)
{
    char path[PATH_MAX];
    struct s3_root *r = store_objects_enter(s, folder, file, path, e);

    return r && s3_root_descriptor(r, path, fd, e) == 0 ? 0 : -1;
}

void store_objects_forget(struct store *s)
{
    for (size_t i = 0; i < s->root_count; i++)
        if (s->roots[i].s3)
            s3_root_forget(s->roots[i].s3);
    s->streaming = NULL;
}

void store_objects_close(struct store *s)
{
    for (size_t i = 0; i < s->root_count; i++)
        s3_root_close(s->roots[i].s3);
}
