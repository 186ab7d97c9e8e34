#include "index/stranger.h"

#include "base/mem.h"
#include "index/walk.h"

#define BATCH 1000 /* files that the catalogue is asked for at once */

struct search {
    const struct verify_setup *setup;
    const struct place *place;
    struct mem paths;
    struct writer_file files[BATCH];
    size_t count;
};

static bool is_stopped(const struct search *s)
{
    return *s->setup->stop != 0;
}

static void tell(const struct search *s, enum finding f, const char *path, const char *reason)
{
    const struct verify_watch *w = &s->setup->watch;
    char label[PLACE_LABEL_MAX];

    s->setup->tally->files[f]++;
    w->found(w->ctx, f, place_label(s->place->root->name, path, label), reason);
}

static void take(void *ctx, size_t file, bool was_other)
{
    const struct search *s = ctx;

    if (was_other)
        tell(s, FINDING_CHANGED, s->files[file].path, "was no instance, and has another size or time now");
    else
        tell(s, FINDING_NEW, s->files[file].path, "not in the catalogue");
}

static int flush(struct search *s, struct err *e)
{
    int rc = 0;

    if (s->count)
        rc = inventory_unknown(s->setup->inventory, s->place->root->name, s->files, s->count, take, s, e);
    s->count = 0;
    mem_reset(&s->paths);
    s->setup->watch.progress(s->setup->watch.ctx);
    return rc;
}

static int visit(void *ctx, const struct walk_entry *w, struct err *e)
{
    struct search *s = ctx;
    struct writer_file *f = &s->files[s->count];

    if (is_stopped(s))
        return err_set(e, ERR_PEER, "interrupted");
    if (w->kind == WALK_FAILED)
        tell(s, FINDING_UNREADABLE, w->path, w->reason);
    if (w->kind != WALK_FILE)
        return 0;
    *f = (struct writer_file){.path = mem_strdup(&s->paths, w->path, e), .size = w->size, .mtime_ns = w->mtime_ns};
    if (!f->path)
        return -1;
    return ++s->count == BATCH ? flush(s, e) : 0;
}

int stranger_run(const struct verify_setup *setup, const struct place *place, struct err *e)
{
    struct finding_tally before = *setup->tally;
    struct search *s = calloc(1, sizeof *s);
    int rc;

    if (!s)
        return err_set(e, ERR_MEMORY, "no memory left to look for new files");
    s->setup = setup;
    s->place = place;
    mem_init(&s->paths, (size_t)2 * BATCH * WALK_PATH_MAX);
    rc = walk_run(place->root_fd, place->path, visit, s, e) || flush(s, e) ? -1 : 0;
    if (rc && is_stopped(s) && e->kind == ERR_PEER) {
        err_clear(e);
        *setup->tally = before;
        rc = 0;
    }
    mem_reset(&s->paths);
    free(s);
    return rc;
}
