/* SPDX-License-Identifier: MIT */
#include "respond/pixel_deid.h"

#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "helper/helper_run.h"

#define TARGET_MAX 48
/* Cache entries: a header, of which only the existence counts; the whole
 * de-identified instance; its frame table. */
#define KEPT_OWN "frames of the file"
#define KEPT_CLEAN "frames cleaned"
#define KEPT_TABLE "places of them"

static struct cache_key pixel_deid_key(const struct response *a, const char *kept)
{
    const struct plan *p = &a->retrieval.plan;
    const struct plan_member *m = &p->members[0];

    return (struct cache_key){.sop_uid = plan_text(p, m->sop_uid),
                              .target = kept,
                              .profile = plan_profile(&p->options),
                              .source_size = m->file_size,
                              .source_crc = m->file_crc,
                              .codec_version = a->s->tools.codec_version};
}

static bool kept(const struct response *a, const char *what, struct helper_result *r)
{
    const struct cache_key key = pixel_deid_key(a, what);

    r->fd = -1;
    return a->s->tools.spool_cache &&
           cache_get(a->s->tools.spool_cache, &key, HELPER_PACK_NOTHING, r);
}

static void keep(const struct response *a, const char *what, const struct helper_result *r)
{
    const struct cache_key key = pixel_deid_key(a, what);

    if (a->s->tools.spool_cache)
        cache_put(a->s->tools.spool_cache, &key, r);
}

/* De-identify the instance, without the pixel data of its file if that contains
 * no text. The caller owns r->fd. */
static int deidentify(struct response *a, struct helper_result *r, struct err *e)
{
    const struct frame_extent *pixels = &a->pixels.table.pixels;
    char target[TARGET_MAX];
    const struct helper_order order = {
        .kind = HELPER_DEIDENTIFY_HEADER, .target = target, .profile = a->profile->text};
    int fd;

    snprintf(target, sizeof target, "%" PRIu64 " %" PRIu64, pixels->at, pixels->size);
    if (file_source_open_alone(&a->retrieval.content.source, 0, &fd, e) ||
        helper_run(a->s->tools.helpers, fd, &order, r, e))
        return -1;
    if (r->class == HELPER_INSTANCE)
        return 0;
    if (r->class == HELPER_RISK)
        return plan_refuse_risk(&a->retrieval.plan.options, r->reason, e);
    return err_set(e, ERR_HELPER, "cannot de-identify the frames: %s", r->reason);
}

/* Find the frames of a de-identified instance. The caller owns table->fd. */
static int find_frames(struct response *a, int fd, struct helper_result *table, struct err *e)
{
    const struct helper_order order = {.kind = HELPER_FRAME_TABLE};
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);

    if (copy < 0)
        return err_sys(e, ERR_SYSTEM, "no descriptor left");
    if (helper_run(a->s->tools.helpers, copy, &order, table, e))
        return -1;
    if (table->class == HELPER_INSTANCE)
        return 0;
    return err_set(e, ERR_HELPER, "cannot find the de-identified frames: %s", table->reason);
}

/* Leave the entries of the requested frames, as the catalogue's tables of this
 * kind have them. */
static int select_entries(const struct response *a, struct frame_table *t, struct err *e)
{
    const struct request *q = &a->request;
    uint8_t *chosen;

    if (t->kind != FRAME_TABLE_FRAGMENT || !q->frames)
        return 0;
    chosen = mem_alloc(&a->s->mem, q->frame_count * FRAME_TABLE_ENTRY, e);
    if (!chosen)
        return -1;
    for (size_t i = 0; i < q->frame_count; i++) {
        if (q->frames[i] > t->entry_count)
            return err_set(e, ERR_HELPER, "the de-identified instance has no frame %u",
                           q->frames[i]);
        memcpy(chosen + i * FRAME_TABLE_ENTRY,
               t->entries + (size_t)(q->frames[i] - 1) * FRAME_TABLE_ENTRY, FRAME_TABLE_ENTRY);
    }
    t->entries = chosen;
    t->entry_count = (uint32_t)q->frame_count;
    return 0;
}

/* Replace the places of the frames by those in a de-identified file of `size`
 * bytes. */
static int take_places(struct response *a, const struct helper_result *table, uint64_t size,
                       struct err *e)
{
    const struct frame_extent all = {0, size};
    size_t len = table->size < FRAME_TABLE_BYTES_MAX ? (size_t)table->size : FRAME_TABLE_BYTES_MAX;
    uint8_t *bytes = mem_alloc(&a->s->mem, len + 1, e);
    struct frame_table t;

    if (!bytes)
        return -1;
    if (io_pread(table->fd, bytes, len, 0) != (ssize_t)len)
        return err_sys(e, ERR_SYSTEM, "cannot read a frame table back");
    if (!frame_table_read(bytes, len, all, size, &t) || t.kind == FRAME_TABLE_NONE)
        return err_set(e, ERR_HELPER, "the frames are not found in the de-identified instance");
    a->pixels.table = t;
    return select_entries(a, &a->pixels.table, e);
}

/* Use a de-identified file. Takes both descriptors over. */
static int use_cleaned(struct response *a, struct helper_result *file, struct helper_result *table,
                       int *fd, struct err *e)
{
    int rc = take_places(a, table, file->size, e);

    io_close(&table->fd);
    if (rc)
        io_close(&file->fd);
    a->pixels.cleaned = rc == 0;
    *fd = file->fd;
    return rc;
}

/* Make a de-identified instance, and use it if the frames of the file cannot be
 * sent. */
static int make(struct response *a, int *fd, struct err *e)
{
    struct helper_result file, table;
    bool native = a->pixels.table.kind == FRAME_TABLE_NATIVE; /* samples stay */

    if (deidentify(a, &file, e))
        return -1;
    if (native || file.cut) {
        if (file.cut)
            keep(a, KEPT_OWN, &file);
        io_close(&file.fd);
        return file_source_open_alone(&a->retrieval.content.source, 0, fd, e);
    }
    if (find_frames(a, file.fd, &table, e)) {
        io_close(&file.fd);
        return -1;
    }
    keep(a, KEPT_CLEAN, &file);
    keep(a, KEPT_TABLE, &table);
    return use_cleaned(a, &file, &table, fd, e);
}

int pixel_deid_open(struct response *a, int *fd, struct err *e)
{
    struct helper_result file, table;

    if (kept(a, KEPT_OWN, &file)) {
        io_close(&file.fd);
        return file_source_open_alone(&a->retrieval.content.source, 0, fd, e);
    }
    if (kept(a, KEPT_CLEAN, &file) && kept(a, KEPT_TABLE, &table))
        return use_cleaned(a, &file, &table, fd, e);
    io_close(&file.fd);
    return make(a, fd, e);
}
