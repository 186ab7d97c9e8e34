/* SPDX-License-Identifier: MIT */
#include "index/ingest.h"

#include <stdlib.h>

#include "base/deflate.h"
#include "base/io.h"
#include "base/mem.h"
#include "index/describe_batch.h"
#include "index/kept_bytes.h"
#include "index/read_ahead.h"
#include "index/root_walk.h"
#include "index/unchanged.h"
#include "store/store.h"

#define KEYS_MAX \
    ((size_t)64 << 20) /* bytes of directory records' keys and frame tables in a batch */
#define WAIT_MS 200 /* between looks at *stop */

struct ingest_entry {
    struct writer_file file;
    bool settled;   /* counted; nothing more to do */
    char reason[HELPER_REASON_MAX + 1];
    unsigned char sha256[INSTANCE_SHA256];
    struct helper_description description;
};

struct ingest {
    struct ingest_setup setup;
    const char *compressor; /* whose deflated sizes are recorded; null: none */
    uint32_t codec_version; /* under which default sizes are measured; 0 before a file is read */
    const struct conf_root *root;
    struct describe_batch batch;
    struct ingest_entry *entries;     /* those of the batch */
    struct writer_file *files; /* those of a call to the catalogue */
    size_t *numbers;           /* and their numbers in entries */
    size_t count, room;        /* entries, most of them */
    uint64_t bytes;
    struct mem paths, keys;    /* of the batch; frame tables are with the keys */
};

static int ingest_open_all(struct ingest *g, struct err *e)
{
    const struct describe_setup s = {.conf = g->setup.conf,
                                     .room = g->room,
                                     .jobs = g->setup.jobs,
                                     .deflate = (unsigned)g->setup.conf->index_deflate,
                                     .stop = g->setup.stop};

    g->entries = calloc(g->room, sizeof *g->entries);
    g->files = calloc(g->room, sizeof *g->files);
    g->numbers = calloc(g->room, sizeof *g->numbers);
    if (!g->entries || !g->files || !g->numbers)
        return err_set(e, ERR_MEMORY, "no memory left for a batch of %zu files", g->room);
    return describe_batch_open(&g->batch, &s, e);
}

int ingest_open(const struct ingest_setup *s, struct ingest **out, struct err *e)
{
    const struct conf *c = s->conf;
    struct ingest *g = *out = calloc(1, sizeof *g);

    if (!g)
        return err_set(e, ERR_MEMORY, "no memory left for the index");
    g->setup = *s;
    g->compressor = c->index_deflate ? deflate_identity() : NULL;
    g->room = c->index_batch < WRITER_BATCH_MAX ? (size_t)c->index_batch : WRITER_BATCH_MAX;
    mem_init(&g->paths, g->room * WALK_PATH_MAX * 2);
    mem_init(&g->keys, KEYS_MAX);
    if (ingest_open_all(g, e) == 0)
        return 0;
    ingest_close(g);
    *out = NULL;
    return -1;
}

void ingest_close(struct ingest *g)
{
    if (!g)
        return;
    describe_batch_close(&g->batch);
    mem_reset(&g->paths);
    mem_reset(&g->keys);
    free(g->entries);
    free(g->files);
    free(g->numbers);
    free(g);
}

static bool ingest_is_stopped(const struct ingest *g)
{
    return describe_batch_is_stopped(&g->batch);
}

static void ingest_show_progress(const struct ingest *g)
{
    if (g->setup.watch.progress)
        g->setup.watch.progress(g->setup.watch.ctx, g->setup.counts);
}

static void report_trouble(const struct ingest *g, enum writer_outcome o, const char *path,
                         const char *reason)
{
    char label[ROOT_PATH_LABEL_MAX];

    if (g->setup.watch.trouble)
        g->setup.watch.trouble(g->setup.watch.ctx, o, root_path_label(g->root->name, path, label),
                               reason);
}

static void ingest_settle(struct ingest *g, struct ingest_entry *n, enum writer_outcome o)
{
    n->settled = true;
    g->setup.counts->files[o]++;
    g->setup.counts->bytes += n->file.size;
    ingest_show_progress(g);
}

/* Not written into the catalogue: the next run looks at the file again. */
static void ingest_refuse(struct ingest *g, struct ingest_entry *n, const char *reason)
{
    report_trouble(g, WRITER_REFUSED, n->file.path, reason);
    ingest_settle(g, n, WRITER_REFUSED);
}

static void ingest_take_verdict(void *ctx, const struct writer_verdict *v)
{
    struct ingest *g = ctx;
    struct ingest_entry *n = &g->entries[g->numbers[v->file]];
    char label[ROOT_PATH_LABEL_MAX], text[ROOT_PATH_LABEL_MAX + 64];

    if (n->settled)
        return;
    if (v->outcome == WRITER_CONFLICT) {
        snprintf(text, sizeof text, "has the SOP Instance UID of %s, but other content",
                 root_path_label(v->kept_root, v->kept_path, label));
        report_trouble(g, v->outcome, n->file.path, text);
    } else if (v->outcome == WRITER_REFUSED) {
        report_trouble(g, v->outcome, n->file.path, v->reason);
    }
    ingest_settle(g, n, v->outcome);
}

static void take_known(void *ctx, const struct writer_verdict *v)
{
    const struct ingest *g = ctx;

    if (v->outcome == WRITER_UNCHANGED || !g->setup.again)
        ingest_take_verdict(ctx, v);
}

/* The entries that are to be asked for, as the catalogue's calls want them. */
static size_t gather(struct ingest *g)
{
    size_t n = 0;

    for (size_t i = 0; i < g->count; i++)
        if (!g->entries[i].settled) {
            g->numbers[n] = i;
            g->files[n++] = g->entries[i].file;
        }
    return n;
}

static void take_description(struct ingest *g, struct ingest_entry *n,
                             const struct helper_result *r)
{
    unsigned char *sha256 = g->setup.conf->index_sha256 ? n->sha256 : NULL;

    if (!unchanged_file(g->batch.fds[r->cookie], &n->file, r, sha256)) {
        bool unread = r->class == HELPER_REFUSED && r->size == 0 && n->file.size;

        ingest_refuse(g, n, unread ? r->reason : "changed while it was read");
        return;
    }
    n->file.class = r->class;
    n->file.crc = r->crc;
    n->file.compressor = g->compressor;
    n->file.deflated = r->deflated;
    n->file.pixels_deflated = g->setup.conf->index_deflate > 1;
    n->file.codec_version = g->codec_version;
    n->file.default_size = r->default_size;
    n->description = r->description;
    kept_bytes_keys(&g->keys, &n->file, r);
    kept_bytes_table(&g->keys, &n->file, r);
    snprintf(n->reason, sizeof n->reason, "%s", r->reason);
    n->file.reason = n->reason;
    n->file.description = &n->description;
}

/* Take a description; a frame table that is too long to come with it is a
 * result of its own. */
static int take_answer(struct ingest *g, struct helper_result *r, struct err *e)
{
    struct ingest_entry *n = &g->entries[r->cookie];

    if (r->kind == HELPER_FRAME_TABLE)
        kept_bytes_table(&g->keys, &n->file, r);
    else
        take_description(g, n, r);
    io_close(&r->fd);
    if (r->kind == HELPER_DESCRIBE && r->class == HELPER_INSTANCE && !r->table_bytes && !n->settled)
        return describe_batch_submit(&g->batch, r->cookie, HELPER_FRAME_TABLE, e);
    describe_batch_close_file(&g->batch, r->cookie);
    return 0;
}

/* Wait a little for one result. */
static int ingest_take_result(struct ingest *g, struct err *e)
{
    struct helper_result r;
    int got = describe_batch_next(&g->batch, WAIT_MS, &r, e);

    if (got == 0)
        ingest_show_progress(g);
    return got > 0 ? take_answer(g, &r, e) : got;
}

/* Not before a file must be read: starting a process takes longer than comparing
 * a thousand files that are unchanged. */
static int ingest_know_codec(struct ingest *g, struct err *e)
{
    return g->codec_version ? 0 : helper_pool_codec_version(g->batch.pool, &g->codec_version, e);
}

static int ingest_submit(struct ingest *g, size_t i, struct err *e)
{
    struct ingest_entry *n = &g->entries[i];
    struct describe_file f = {.root = g->root->name, .path = n->file.path};
    int opened;

    if (ingest_know_codec(g, e))
        return -1;
    opened = describe_batch_open_file(&g->batch, i, &f, e);
    if (opened <= 0) {
        if (opened == 0)
            ingest_refuse(g, n, f.why.text);
        return opened;
    }
    n->file.size = f.meta.size;
    n->file.mtime_ns = f.meta.mtime_ns;
    g->setup.counts->read++;
    g->setup.counts->read_bytes += f.meta.size;
    return describe_batch_submit(&g->batch, i, HELPER_DESCRIBE, e);
}

static int ingest_describe(struct ingest *g, struct err *e)
{
    size_t asked = 0;

    for (size_t i = 0; i < g->count && !ingest_is_stopped(g); i++) {
        if (g->entries[i].settled)
            continue;
        while (helper_pool_room(g->batch.pool) == 0 && !ingest_is_stopped(g))
            if (ingest_take_result(g, e))
                return -1;
        for (asked = asked > i ? asked : i; asked < g->count; asked++)
            if (!g->entries[asked].settled &&
                !read_ahead(g->batch.store, g->root->name, &g->entries[asked].file))
                break;
        if (!ingest_is_stopped(g) && ingest_submit(g, i, e))
            return -1;
    }
    while (g->batch.out && !ingest_is_stopped(g))
        if (ingest_take_result(g, e))
            return -1;
    return 0;
}

/* From the entries to the catalogue. *stop leaves them as they are: answers
 * that came with it may owe to the signal. */
static int ingest_work_batch(struct ingest *g, struct err *e)
{
    const struct writer_needs needs = {g->compressor, g->setup.conf->index_deflate > 1,
                                       g->setup.conf->index_sha256};
    struct writer_batch b = {g->root->name, g->files, gather(g)};

    if (b.count == 0 || ingest_is_stopped(g))
        return 0;
    if (writer_known(g->setup.writer, &b, &needs, take_known, g, e) || ingest_describe(g, e))
        return -1;
    b.count = gather(g);
    if (b.count == 0 || ingest_is_stopped(g))
        return 0;
    return writer_ingest(g->setup.writer, &b, ingest_take_verdict, g, e);
}

static int end_batch(struct ingest *g, struct err *e)
{
    int rc = ingest_work_batch(g, e);

    for (size_t i = 0; i < g->count; i++)
        if (!g->entries[i].settled)
            ingest_settle(g, &g->entries[i], WRITER_NEW);
    describe_batch_end(&g->batch);
    mem_reset(&g->paths);
    mem_reset(&g->keys);
    g->count = 0;
    g->bytes = 0;
    return rc;
}

static int ingest_add(struct ingest *g, const struct walk_entry *w, struct err *e)
{
    struct ingest_entry *n = &g->entries[g->count];

    n->settled = false;
    n->file = (struct writer_file){
        .path = mem_strdup(&g->paths, w->path, e), .size = w->size, .mtime_ns = w->mtime_ns};
    if (!n->file.path)
        return -1;
    g->count++;
    g->bytes += w->size;
    return g->count == g->room || g->bytes >= INGEST_BATCH_BYTES ? end_batch(g, e) : 0;
}

static int ingest_visit(void *ctx, const struct walk_entry *w, struct err *e)
{
    struct ingest *g = ctx;

    if (ingest_is_stopped(g))
        return err_set(e, ERR_PEER, "interrupted");
    g->setup.counts->links += w->kind == WALK_LINK;
    g->setup.counts->specials += w->kind == WALK_SPECIAL;
    if (w->kind == WALK_FAILED) {
        report_trouble(g, WRITER_REFUSED, w->path, w->reason);
        g->setup.counts->files[WRITER_REFUSED]++;
    }
    return w->kind == WALK_FILE ? ingest_add(g, w, e) : 0;
}

int ingest_run(struct ingest *g, const struct root_path *p, struct err *e)
{
    int rc;

    g->root = p->root;
    rc = root_walk_run(p, ingest_visit, g, e);
    if (rc && ingest_is_stopped(g) && e->kind == ERR_PEER) {
        err_clear(e);
        rc = 0;
    }
    if (rc == 0)
        return end_batch(g, e);
    for (size_t i = 0; i < g->count; i++)
        g->setup.counts->files[WRITER_NEW] += !g->entries[i].settled;
    return -1;
}
