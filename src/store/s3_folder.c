/* SPDX-License-Identifier: MIT */
#include "store/s3_folder.h"

#include "base/mem.h"

struct s3_folder_entry {
    char *name;
    struct s3_meta meta;
};

static void release(struct s3_folder *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->entries[i].name);
    free(f->entries);
    free(f->path);
    *f = (struct s3_folder){0};
}

void s3_folders_release(struct s3_folders *f)
{
    for (size_t i = 0; i < f->count; i++)
        release(&f->lists[i]);
    free(f->lists);
    *f = (struct s3_folders){0};
}

static int add_entry(void *ctx, const char *path, const struct s3_meta *meta, struct err *e)
{
    struct s3_folder *f = ctx;
    const char *slash = strrchr(path, '/');

    if (mem_grow(&f->entries, &f->room, f->count + 1,
                 MEM_ELEMENTS(*f->entries, S3_FOLDER_PAGES * 1000, "objects"), e))
        return -1;
    f->entries[f->count] = (struct s3_folder_entry){strdup(slash ? slash + 1 : path), *meta};
    return f->entries[f->count++].name
               ? 0
               : err_set(e, ERR_MEMORY, "no memory left for a list of objects");
}

/* Read the list of a folder. */
static int read_folder_list(struct s3_folder *f, struct s3_request *r, struct err *e)
{
    const struct s3_listing l = {f->path, false, S3_FOLDER_PAGES, add_entry, f};

    return s3_list(r, &l, &f->complete, e);
}

static bool is_of(const struct s3_folder *f, const char *path, size_t len)
{
    return strncmp(f->path, path, len) == 0 && f->path[len] == '\0';
}

/* Return the list of the folder whose path is the first len bytes of path, or
 * null. */
static struct s3_folder *find_list(struct s3_folders *f, struct s3_request *r, const char *path,
                                   size_t len, struct err *e)
{
    struct s3_folder *n;

    if (f->count && is_of(&f->lists[f->last], path, len))
        return &f->lists[f->last];
    for (size_t i = 0; i < f->count; i++)
        if (is_of(&f->lists[i], path, len))
            return &f->lists[f->last = i];
    if (f->count == S3_FOLDERS_MAX)
        s3_folders_release(f);
    if (mem_grow(&f->lists, &f->room, f->count + 1,
                 MEM_ELEMENTS(*f->lists, S3_FOLDERS_MAX, "folders"), e))
        return NULL;
    n = &f->lists[f->count];
    *n = (struct s3_folder){.path = strndup(path, len)};
    if (n->path && read_folder_list(n, r, e) == 0)
        return &f->lists[f->last = f->count++];
    (void)err_set(e, ERR_MEMORY, "no memory left for a list of objects");
    release(n);
    return NULL;
}

static int compare(const void *name, const void *entry)
{
    return strcmp(name, ((const struct s3_folder_entry *)entry)->name);
}

static const struct s3_folder_entry *find_entry(const struct s3_folder *f, const char *path)
{
    const char *slash = strrchr(path, '/');

    return f->count ? bsearch(slash ? slash + 1 : path, f->entries, f->count, sizeof *f->entries,
                              compare)
                    : NULL;
}

const char *s3_folders_etag(const struct s3_folders *f, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t len = slash ? (size_t)(slash - path) : 0;

    for (size_t i = 0; i < f->count; i++)
        if (is_of(&f->lists[i], path, len)) {
            const struct s3_folder_entry *n = find_entry(&f->lists[i], path);

            return n ? n->meta.etag : "";
        }
    return "";
}

int s3_folders_find(struct s3_folders *f, struct s3_request *r, const char *path,
                    struct s3_meta *meta, struct err *e)
{
    const char *slash = strrchr(path, '/');
    const struct s3_folder *l = find_list(f, r, path, slash ? (size_t)(slash - path) : 0, e);
    const struct s3_folder_entry *found;

    if (!l)
        return -1;
    found = find_entry(l, path);
    if (!found)
        return l->complete ? 0 : 2;
    *meta = found->meta;
    return 1;
}
