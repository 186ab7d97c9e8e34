/* SPDX-License-Identifier: MIT */
#include "plan/plan_file.h"

#include <limits.h>

#include "base/buf.h"
#include "base/io.h"
#include "plan/plan_marks.h"

#define MAGIC "wzplan3"
#define FOLDERS_MAX ((size_t)1 << 30) /* bytes of their names */

/* The file: this, then members, conversions, places of pixel data, marks,
 * series, text, and root and path of each folder as strings. */
struct plan_file_head {
    char magic[8];
    uint64_t count, converted_count, pixel_count, mark_count, series_count;
    uint64_t text_len, folder_count, folder_bytes;
    uint64_t length, data_size, study_count, syntax_count, retry_first_count;
    int64_t modified;
    uint32_t study_folder;
    uint32_t syntaxes[PLAN_SYNTAXES], retry_first[PLAN_RETRY_FIRST_MAX];
    char etag[PLAN_ETAG_MAX], boundary[PLAN_ETAG_MAX];
};

bool plan_file_can_hold(const struct plan_progress *g)
{
    const struct plan *p = g->plan;
    const struct plan_options *o = &p->options;

    if (!(g->length_known || o->profile) || g->facts || p->dicomdir || o->framing != PLAN_ZIP ||
        o->content != PLAN_INSTANCES)
        return false;
    for (size_t i = 0; i < p->count; i++) {
        const struct plan_member *m = &p->members[i];

        if (!m->known && (m->source != PLAN_SPLICED || (m->deflated && !p->pixels[i].deflated)))
            return false;
    }
    return true;
}

static uint32_t count_folders(const struct plan *p)
{
    uint32_t count = 0;

    for (size_t i = 0; i < p->count; i++)
        if (p->members[i].folder >= count)
            count = p->members[i].folder + 1;
    return count;
}

/* A folder is named by the path of a file in it, which is how the store takes
 * it. */
static int put_folders(const struct store *s, uint32_t count, struct buf *out, struct err *e)
{
    char path[PATH_MAX];
    const char *root;

    for (uint32_t i = 0; i < count; i++) {
        size_t len = store_place(s, i, "-", &root, path, sizeof path);

        if (!len)
            return err_set(e, ERR_DATA, "the path of a folder is too long");
        buf_add(out, root, strlen(root) + 1);
        buf_add(out, path, len);
    }
    return buf_check(out, "names of folders", e);
}

static struct plan_file_head head_of(const struct plan_progress *g, uint32_t folder_count,
                                     size_t folder_bytes)
{
    const struct plan *p = g->plan;
    struct plan_file_head h = {.magic = MAGIC,
                               .count = p->count,
                               .converted_count = p->converted_count,
                               .pixel_count = p->pixels ? p->count : 0,
                               .mark_count = g->mark_count,
                               .series_count = p->series_count,
                               .text_len = p->text_len,
                               .folder_count = folder_count,
                               .folder_bytes = folder_bytes,
                               .length = g->length,
                               .data_size = p->data_size,
                               .study_count = p->study_count,
                               .syntax_count = p->syntax_count,
                               .retry_first_count = p->retry_first_count,
                               .modified = p->modified,
                               .study_folder = p->study_folder};

    memcpy(h.syntaxes, p->syntaxes, sizeof h.syntaxes);
    memcpy(h.retry_first, p->retry_first, sizeof h.retry_first);
    memcpy(h.etag, g->etag, sizeof h.etag);
    memcpy(h.boundary, g->boundary, sizeof h.boundary);
    return h;
}

/* The parts of a file between its head and the folders. */
struct plan_file_part {
    void **data;
    uint64_t count;
    size_t each;
};

#define PARTS 6

static void name_parts(struct plan *p, struct plan_progress *g, const struct plan_file_head *h,
                       struct plan_file_part parts[PARTS])
{
    const struct plan_file_part all[PARTS] = {
        {(void **)&p->members, h->count, sizeof *p->members},
        {(void **)&p->conversions, h->converted_count, sizeof *p->conversions},
        {(void **)&p->pixels, h->pixel_count, sizeof *p->pixels},
        {(void **)&g->marks, h->mark_count, sizeof *g->marks},
        {(void **)&p->series, h->series_count, sizeof *p->series},
        {(void **)&p->text, h->text_len, 1},
    };

    memcpy(parts, all, sizeof all);
}

int plan_file_write(const struct plan_progress *g, const struct store *s, struct sink *to,
                    struct err *e)
{
    struct plan own = *g->plan; /* for addresses of arrays, which are only read */
    struct plan_progress own_progress = *g;
    struct plan_file_part parts[PARTS];
    struct plan_file_head h;
    struct buf folders;
    int rc;

    buf_init(&folders, FOLDERS_MAX);
    rc = put_folders(s, count_folders(&own), &folders, e);
    h = head_of(g, count_folders(&own), folders.len);
    name_parts(&own, &own_progress, &h, parts);
    if (rc == 0)
        rc = sink_put(to, &h, sizeof h, e);
    for (size_t i = 0; i < PARTS && rc == 0; i++)
        rc = parts[i].count ? sink_put(to, *parts[i].data, parts[i].count * parts[i].each, e) : 0;
    if (rc == 0)
        rc = sink_put(to, folders.data, folders.len, e);
    buf_release(&folders);
    return rc;
}

static int bad_file(struct err *e)
{
    return err_set(e, ERR_DATA, "a kept plan is damaged");
}

/* Read the next bytes into new memory, with a NUL after them. */
static int take_bytes(int fd, uint64_t *at, uint64_t len, void **out, struct err *e)
{
    char *data = malloc(len + 1);

    if (!data)
        return err_set(e, ERR_MEMORY, "no memory left for a kept plan");
    *out = data;
    data[len] = '\0';
    if (io_pread(fd, data, len, *at) != (ssize_t)len)
        return bad_file(e);
    *at += len;
    return 0;
}

/* Without a length there are no marks: sizes follow from headers, later. */
static bool is_mark_count(const struct plan_file_head *h)
{
    if (h->pixel_count && !h->length)
        return h->mark_count == 0;
    return h->mark_count == (h->count + PLAN_MARK_STRIDE - 1) / PLAN_MARK_STRIDE;
}

/* Check numbers before memory is allocated for them. */
static int check_head(const struct plan_file_head *h, uint64_t size, struct err *e)
{
    const struct plan_file_part parts[] = {
        {NULL, h->count, sizeof(struct plan_member)},
        {NULL, h->converted_count, sizeof(struct plan_conversion)},
        {NULL, h->pixel_count, sizeof(struct plan_pixels)},
        {NULL, h->mark_count, sizeof(struct plan_mark)},
        {NULL, h->series_count, sizeof(struct plan_series)},
        {NULL, h->text_len, 1},
        {NULL, h->folder_bytes, 1}};
    uint64_t left = size - sizeof *h;

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        if (parts[i].count > left / parts[i].each)
            return bad_file(e);
        left -= parts[i].count * parts[i].each;
    }
    if (memcmp(h->magic, MAGIC, sizeof h->magic) != 0 || !h->count || !h->series_count ||
        !h->text_len || !h->syntax_count)
        return bad_file(e);
    if (h->converted_count > h->count || !(h->pixel_count == 0 || h->pixel_count == h->count) ||
        !is_mark_count(h) || h->syntax_count > PLAN_SYNTAXES ||
        h->retry_first_count > PLAN_RETRY_FIRST_MAX || h->folder_count > UINT32_MAX)
        return bad_file(e);
    return 0;
}

static bool is_member_sound(const struct plan *p, size_t i, uint64_t folder_count)
{
    const struct plan_member *m = &p->members[i];

    return m->file < p->text_len && m->sop_uid < p->text_len && m->folder < folder_count &&
           m->syntax < p->syntax_count &&
           ((m->source == PLAN_FILE && m->known) || (m->source == PLAN_SPLICED && p->pixels_room) ||
            (m->source == PLAN_CONVERTED && m->known && i < p->converted_count));
}

static bool is_series_sound(const struct plan *p, size_t i)
{
    const struct plan_series *s = &p->series[i];

    return s->study < p->text_len && s->uid < p->text_len && s->folder < p->text_len &&
           s->first < p->count && (i ? s->first > s[-1].first : s->first == 0);
}

static bool is_sound(const struct plan *p, const struct plan_progress *g, uint64_t folder_count)
{
    bool sound = p->text[p->text_len - 1] == '\0' && p->study_folder < p->text_len &&
                 memchr(g->etag, 0, sizeof g->etag) && memchr(g->boundary, 0, sizeof g->boundary);

    for (size_t i = 0; i < p->count && sound; i++)
        sound = is_member_sound(p, i, folder_count);
    for (size_t i = 0; i < p->series_count && sound; i++)
        sound = is_series_sound(p, i);
    for (size_t i = 0; i < p->syntax_count && sound; i++)
        sound = p->syntaxes[i] < p->text_len;
    for (size_t i = 0; i < p->retry_first_count && sound; i++)
        sound = p->retry_first[i] < p->count;
    return sound;
}

static void take_head(struct plan *p, struct plan_progress *g, const struct plan_file_head *h)
{
    p->count = p->member_room = h->count;
    p->converted_count = p->converted_room = h->converted_count;
    p->pixels_room = h->pixel_count;
    g->mark_count = h->mark_count;
    p->series_count = p->series_room = h->series_count;
    p->text_len = p->text_room = h->text_len;
    g->length = h->length;
    g->length_known = h->length > 0;
    p->data_size = h->data_size;
    p->study_count = h->study_count;
    p->syntax_count = h->syntax_count;
    p->retry_first_count = h->retry_first_count;
    p->modified = h->modified;
    p->study_folder = h->study_folder;
    memcpy(p->syntaxes, h->syntaxes, sizeof p->syntaxes);
    memcpy(p->retry_first, h->retry_first, sizeof p->retry_first);
    memcpy(g->etag, h->etag, sizeof g->etag);
    memcpy(g->boundary, h->boundary, sizeof g->boundary);
}

/* Return the string after the one at `text`, null if there is none before
 * `end`. */
static const char *plan_file_next(const char *text, const char *end)
{
    text += strlen(text) + 1;
    return text < end ? text : NULL;
}

/* Find the store's number of each folder, and give it to the members. */
static int take_folders(struct plan *p, struct store *s, const char *text,
                        const struct plan_file_head *h, struct err *e)
{
    uint32_t *numbers = malloc(h->folder_count * sizeof *numbers);
    const char *root = text, *end = text + h->folder_bytes, *path, *file;
    int rc = 0;

    if (!numbers)
        return err_set(e, ERR_MEMORY, "no memory left for folders");
    for (uint64_t i = 0; i < h->folder_count && rc == 0; i++) {
        path = root && root < end ? plan_file_next(root, end) : NULL;
        rc = path ? store_name(s, root, path, &numbers[i], &file, e) : bad_file(e);
        root = path ? plan_file_next(path, end) : NULL;
    }
    for (size_t i = 0; i < p->count && rc == 0; i++)
        p->members[i].folder = numbers[p->members[i].folder];
    free(numbers);
    return rc;
}

static int take_plan(const struct plan_file_place *to, int fd, const struct plan_file_head *h,
                     uint64_t *at, struct err *e)
{
    struct plan_file_part parts[PARTS];
    void *folders = NULL;
    int rc = 0;

    name_parts(to->plan, to->progress, h, parts);
    for (size_t i = 0; i < PARTS && rc == 0; i++)
        rc = take_bytes(fd, at, parts[i].count * parts[i].each, parts[i].data, e);
    if (rc == 0)
        rc = take_bytes(fd, at, h->folder_bytes, &folders, e);
    if (rc == 0) {
        take_head(to->plan, to->progress, h);
        rc = is_sound(to->plan, to->progress, h->folder_count)
                 ? take_folders(to->plan, to->store, folders, h, e)
                 : bad_file(e);
    }
    free(folders);
    return rc;
}

int plan_file_read(const struct plan_file_place *to, int fd, uint64_t size, uint64_t *end,
                   struct err *e)
{
    struct plan_file_head h;

    *end = sizeof h;
    if (size < sizeof h || io_pread(fd, &h, sizeof h, 0) != sizeof h)
        return bad_file(e);
    if (check_head(&h, size, e) == 0 && take_plan(to, fd, &h, end, e) == 0)
        return 0;
    plan_release(to->plan);
    plan_progress_begin(to->progress, to->plan);
    return -1;
}
