/* SPDX-License-Identifier: MIT */
#include "store/s3_versions.h"

#include "base/mem.h"

#define OBJECTS_MAX ((size_t)1 << 26)
#define TEXT_MAX ((size_t)UINT32_MAX)

void s3_versions_release(struct s3_versions *v)
{
    free(v->of);
    buf_release(&v->text);
    *v = (struct s3_versions){0};
}

const char *s3_versions_path(const struct s3_versions *v, size_t i)
{
    return v->text.data + v->of[i].path;
}

/* Append a text with its NUL. */
static int keep_text(struct s3_versions *v, const char *text, uint32_t *offset, struct err *e)
{
    if (!v->text.cap)
        buf_init(&v->text, TEXT_MAX);
    *offset = (uint32_t)v->text.len;
    buf_add(&v->text, text, strlen(text) + 1);
    return buf_check(&v->text, "the objects of a request", e);
}

int s3_versions_add(struct s3_versions *v, const char *path, struct err *e)
{
    struct s3_version n = {.state = S3_VERSION_UNKNOWN};

    if (mem_grow(&v->of, &v->room, v->count + 1,
                 MEM_ELEMENTS(*v->of, OBJECTS_MAX, "objects of a request"), e) ||
        keep_text(v, path, &n.path, e))
        return -1;
    n.etag = n.path + (uint32_t)strlen(path); /* "" */
    v->of[v->count++] = n;
    return 0;
}

/* By path; of the same path the known one first. */
static int compare(const void *a, const void *b, void *text)
{
    const struct s3_version *one = a, *other = b;
    int order = strcmp((const char *)text + one->path, (const char *)text + other->path);

    return order ? order : (int)other->state - (int)one->state;
}

void s3_versions_sort(struct s3_versions *v)
{
    size_t kept = 0;

    if (v->sorted == v->count)
        return;
    qsort_r(v->of, v->count, sizeof *v->of, compare, v->text.data);
    for (size_t i = 0; i < v->count; i++)
        if (!kept || strcmp(s3_versions_path(v, kept - 1), s3_versions_path(v, i)) != 0)
            v->of[kept++] = v->of[i];
    v->count = v->sorted = kept;
}

int s3_versions_set(struct s3_versions *v, size_t i, const struct s3_meta *meta, struct err *e)
{
    struct s3_version *n = &v->of[i];

    n->state = S3_VERSION_PRESENT;
    n->size = meta->size;
    n->mtime_ns = meta->mtime_ns;
    return *meta->etag ? keep_text(v, meta->etag, &n->etag, e) : 0;
}

enum s3_version_state s3_versions_find(const struct s3_versions *v, const char *path,
                                       struct s3_meta *meta)
{
    size_t from = 0, end = v->sorted;

    while (from < end) {
        size_t middle = from + (end - from) / 2;
        const struct s3_version *n = &v->of[middle];
        int order = strcmp(s3_versions_path(v, middle), path);

        if (order == 0) {
            *meta = (struct s3_meta){.size = n->size, .mtime_ns = n->mtime_ns};
            snprintf(meta->etag, sizeof meta->etag, "%s", v->text.data + n->etag);
            return n->state;
        }
        if (order < 0)
            from = middle + 1;
        else
            end = middle;
    }
    return S3_VERSION_UNKNOWN;
}
