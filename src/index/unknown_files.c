/* SPDX-License-Identifier: MIT */
#include "index/unknown_files.h"

#include "base/mem.h"
#include "index/root_walk.h"

#define BATCH 1000 /* files per query */

struct search {
    const struct verify_setup *setup;
    const struct root_path *place;
    struct mem paths;
    struct writer_file files[BATCH];
    size_t count;
};

static bool unknown_files_is_stopped(const struct search *s)
{
    return *s->setup->stop != 0;
}

static void unknown_files_report(const struct search *s, enum verify_result f, const char *path,
                               const char *reason)
{
    const struct verify_watch *w = &s->setup->watch;
    char label[ROOT_PATH_LABEL_MAX];

    s->setup->counts->files[f]++;
    w->found(w->ctx, f, root_path_label(s->place->root->name, path, label), reason);
}

static void unknown_files_take(void *ctx, size_t file, bool was_other)
{
    const struct search *s = ctx;

    if (was_other)
        unknown_files_report(s, VERIFY_RESULT_CHANGED, s->files[file].path,
                           "was no instance, and has another size or time now");
    else
        unknown_files_report(s, VERIFY_RESULT_NEW, s->files[file].path, "not in the catalogue");
}

static int unknown_files_flush(struct search *s, struct err *e)
{
    const struct writer_batch b = {s->place->root->name, s->files, s->count};
    int rc = 0;

    if (s->count)
        rc = file_list_unknown(s->setup->file_list, &b, unknown_files_take, s, e);
    s->count = 0;
    mem_reset(&s->paths);
    s->setup->watch.progress(s->setup->watch.ctx);
    return rc;
}

static int unknown_files_visit(void *ctx, const struct walk_entry *w, struct err *e)
{
    struct search *s = ctx;
    struct writer_file *f = &s->files[s->count];

    if (unknown_files_is_stopped(s))
        return err_set(e, ERR_PEER, "interrupted");
    if (w->kind == WALK_FAILED)
        unknown_files_report(s, VERIFY_RESULT_UNREADABLE, w->path, w->reason);
    if (w->kind != WALK_FILE)
        return 0;
    *f = (struct writer_file){
        .path = mem_strdup(&s->paths, w->path, e), .size = w->size, .mtime_ns = w->mtime_ns};
    if (!f->path)
        return -1;
    return ++s->count == BATCH ? unknown_files_flush(s, e) : 0;
}

int unknown_files_run(const struct verify_setup *setup, const struct root_path *place,
                      struct err *e)
{
    struct verify_counts before = *setup->counts;
    struct search *s = calloc(1, sizeof *s);
    int rc;

    if (!s)
        return err_set(e, ERR_MEMORY, "no memory left to look for new files");
    s->setup = setup;
    s->place = place;
    mem_init(&s->paths, (size_t)2 * BATCH * WALK_PATH_MAX);
    rc = root_walk_run(place, unknown_files_visit, s, e) || unknown_files_flush(s, e) ? -1 : 0;
    if (rc && unknown_files_is_stopped(s) && e->kind == ERR_PEER) {
        err_clear(e);
        *setup->counts = before;
        rc = 0;
    }
    mem_reset(&s->paths);
    free(s);
    return rc;
}
