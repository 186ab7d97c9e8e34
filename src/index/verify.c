/* SPDX-License-Identifier: MIT */
#include "index/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "base/mem.h"
#include "index/describe_batch.h"
#include "index/read_ahead.h"
#include "index/unknown_files.h"
#include "index/walk.h"
#include "limit/rate_limit.h"

#define WAIT_MS 200 /* between checks of *stop */
#define PAGE 1000   /* rows in memory */

struct verify_entry {
    struct file_list_file file; /* strings are in the page's arena */
    int64_t mtime_ns;           /* when it was opened */
    bool read;
    bool settled;               /* its result is known */
    enum verify_result finding;
    char reason[HELPER_REASON_MAX + 1];
};

struct verify {
    struct verify_setup setup;
    struct describe_batch batch;
    struct rate_limit pace;
    struct verify_entry *entries; /* one page */
    struct mem strings;    /* of it */
    size_t count, reported; /* entries; how many of them have been reported, from the first on */
};

int verify_open(const struct verify_setup *s, struct verify **out, struct err *e)
{
    const struct describe_setup d = {
        .conf = s->conf, .room = PAGE, .jobs = s->jobs, .stop = s->stop};
    struct verify *v = calloc(1, sizeof *v);

    *out = v;
    if (!v)
        return err_set(e, ERR_MEMORY, "no memory left to verify");
    v->setup = *s;
    v->pace.rate = s->rate;
    mem_init(&v->strings, (size_t)2 * PAGE * (WALK_PATH_MAX + 4 * UID_MAX));
    v->entries = calloc(PAGE, sizeof *v->entries);
    if (!v->entries)
        (void)err_set(e, ERR_MEMORY, "no memory left to verify");
    if (!v->entries || describe_batch_open(&v->batch, &d, e)) {
        verify_close(v);
        *out = NULL;
        return -1;
    }
    return 0;
}

void verify_close(struct verify *v)
{
    if (!v)
        return;
    describe_batch_close(&v->batch);
    mem_reset(&v->strings);
    free(v->entries);
    free(v);
}

static bool verify_is_stopped(const struct verify *v)
{
    return describe_batch_is_stopped(&v->batch);
}

static int verify_take_row(void *ctx, const struct file_list_file *f, struct err *e)
{
    struct verify *v = ctx;
    struct verify_entry *n = &v->entries[v->count];

    *n = (struct verify_entry){.file = *f};
    n->file.root = mem_strdup(&v->strings, f->root, e);
    n->file.path = mem_strdup(&v->strings, f->path, e);
    n->file.study_uid = mem_strdup(&v->strings, f->study_uid, e);
    n->file.series_uid = mem_strdup(&v->strings, f->series_uid, e);
    n->file.sop_uid = mem_strdup(&v->strings, f->sop_uid, e);
    if (e->kind != ERR_NONE)
        return -1;
    v->count++;
    return 0;
}

__attribute__((format(printf, 3, 4)))
static void verify_settle(struct verify_entry *n, enum verify_result f, const char *format, ...)
{
    va_list args;

    n->settled = true;
    n->finding = f;
    va_start(args, format);
    vsnprintf(n->reason, sizeof n->reason, format, args);
    va_end(args);
}

/* Report what is known, in the order of the page, up to the first file that is
 * still being read. */
static void verify_report(struct verify *v, struct verify_position *at)
{
    const struct verify_watch *w = &v->setup.watch;
    char label[ROOT_PATH_LABEL_MAX];

    for (; v->reported < v->count && v->entries[v->reported].settled; v->reported++) {
        const struct verify_entry *n = &v->entries[v->reported];

        v->setup.counts->files[n->finding]++;
        v->setup.counts->bytes += n->read ? n->file.size : 0;
        snprintf(at->root, sizeof at->root, "%s", n->file.root);
        snprintf(at->path, sizeof at->path, "%s", n->file.path);
        if (n->finding != VERIFY_RESULT_GOOD)
            w->found(w->ctx, n->finding, root_path_label(n->file.root, n->file.path, label),
                     n->reason);
    }
    w->reached(w->ctx);
    w->progress(w->ctx);
}

static bool verify_has_uids(const struct file_list_file *f, const struct helper_description *d)
{
    return strcmp(d->sop_uid, f->sop_uid) == 0 &&
           (!*f->series_uid || strcmp(d->series_uid, f->series_uid) == 0) &&
           (!*f->study_uid || strcmp(d->study_uid, f->study_uid) == 0);
}

static void verify_judge(struct verify_entry *n, int fd, const struct helper_result *r)
{
    bool touched = n->mtime_ns != n->file.mtime_ns;
    struct stat st;

    if (fstat(fd, &st) || (uint64_t)st.st_size != n->file.size ||
        io_nanoseconds(&st.st_mtim) != n->mtime_ns)
        verify_settle(n, VERIFY_RESULT_CHANGED, "changed while it was read");
    else if (r->class == HELPER_FAILED)
        verify_settle(n, VERIFY_RESULT_UNREADABLE, "%s", r->reason);
    else if (r->size != n->file.size)
        verify_settle(n, VERIFY_RESULT_UNREADABLE,
                      "only %" PRIu64 " of %" PRIu64 " bytes can be read", r->size, n->file.size);
    else if (r->crc != n->file.crc)
        verify_settle(n, touched ? VERIFY_RESULT_CHANGED : VERIFY_RESULT_DAMAGED,
                      touched ? "other time and content: CRC-32 %08" PRIx32 ", recorded %08" PRIx32
                              : "other content with the recorded size and time: CRC-32 %08" PRIx32
                                ", recorded %08" PRIx32,
                      r->crc, n->file.crc);
    else if (r->class != HELPER_INSTANCE)
        verify_settle(n, VERIFY_RESULT_DAMAGED,
                      "recorded as an instance, but it cannot be read as one: %s", r->reason);
    else if (!verify_has_uids(&n->file, &r->description))
        verify_settle(n, VERIFY_RESULT_DAMAGED, "recorded with other UIDs than it has");
    else if (touched)
        verify_settle(n, VERIFY_RESULT_TOUCHED, "only its time is not the recorded one");
    else
        verify_settle(n, VERIFY_RESULT_GOOD, "%s", "");
}

/* Receive one result if it arrives in time. */
static int verify_take_result(struct verify *v, int ms, struct err *e)
{
    struct helper_result r;
    int got = describe_batch_next(&v->batch, ms, &r, e);

    if (got <= 0)
        return got;
    io_close(&r.fd);
    verify_judge(&v->entries[r.cookie], v->batch.fds[r.cookie], &r);
    describe_batch_close_file(&v->batch, r.cookie);
    return 0;
}

/* Wait until another file may start. */
static int make_room(struct verify *v, struct verify_position *at, struct err *e)
{
    while (!verify_is_stopped(v)) {
        int pause = rate_limit_wait(&v->pace, io_now()),
            ms = pause && pause < WAIT_MS ? pause : WAIT_MS;

        if (pause == 0 && helper_pool_room(v->batch.pool))
            return 0;
        if (v->batch.out == 0)
            (void)nanosleep(&(struct timespec){.tv_nsec = (long)ms * 1000000}, NULL);
        else if (verify_take_result(v, ms, e))
            return -1;
        verify_report(v, at);
    }
    return 0;
}

static void settle_closed(struct verify_entry *n, const struct err *why)
{
    if (why->sys == ENOENT || why->sys == ENOTDIR)
        verify_settle(n, VERIFY_RESULT_MISSING, "there is no such file");
    else
        verify_settle(n, VERIFY_RESULT_UNREADABLE, "%s", why->sys ? strerror(why->sys) : why->text);
}

static int verify_submit(struct verify *v, size_t i, struct err *e)
{
    struct verify_entry *n = &v->entries[i];
    struct describe_file f = {.root = n->file.root, .path = n->file.path};
    int opened = describe_batch_open_file(&v->batch, i, &f, e);

    if (opened <= 0) {
        if (opened == 0)
            settle_closed(n, &f.why);
        return opened;
    }
    if (f.meta.size != n->file.size) {
        describe_batch_close_file(&v->batch, i);
        verify_settle(n, VERIFY_RESULT_CHANGED, "%" PRIu64 " bytes, recorded %" PRIu64,
                      f.meta.size, n->file.size);
        return 0;
    }
    n->mtime_ns = f.meta.mtime_ns;
    n->read = true;
    rate_limit_take(&v->pace, f.meta.size, io_now());
    return describe_batch_submit(&v->batch, i, HELPER_DESCRIBE, e);
}

static int verify_work_page(struct verify *v, struct verify_position *at, struct err *e)
{
    size_t asked = 0;

    for (size_t i = 0; i < v->count; i++) {
        if (make_room(v, at, e))
            return -1;
        if (verify_is_stopped(v))
            return 0;
        for (asked = asked > i ? asked : i; asked < v->count; asked++) {
            const struct file_list_file *f = &v->entries[asked].file;
            const struct writer_file next = {
                .path = f->path, .size = f->size, .mtime_ns = f->mtime_ns};

            if (!read_ahead(v->batch.store, f->root, &next))
                break;
        }
        if (verify_submit(v, i, e))
            return -1;
        verify_report(v, at);
    }
    while (v->batch.out && !verify_is_stopped(v)) {
        if (verify_take_result(v, WAIT_MS, e))
            return -1;
        verify_report(v, at);
    }
    return 0;
}

/* Read the next rows after *at. */
static int verify_ask(struct verify *v, const struct root_path *place, const char *study,
                      const struct verify_position *at, struct err *e)
{
    struct file_list *i = v->setup.file_list;
    const struct file_list_page next = {place ? place->root->name : at->root,
                                        place ? place->path : "", at->path, PAGE};

    v->count = v->reported = 0;
    mem_reset(&v->strings);
    describe_batch_end(&v->batch);
    if (place ? file_list_beneath(i, &next, verify_take_row, v, e)
              : file_list_of_study(i, study, &next, verify_take_row, v, e))
        return -1;
    if (v->count || *at->path || (place && place->exists))
        return 0;
    return place ? err_set(e, ERR_NOT_FOUND, "there is no %s:%s, nor does the catalogue know of it",
                           place->root->name, place->path)
                 : err_set(e, ERR_NOT_FOUND, "the catalogue has no study %s", study);
}

static int read_known(struct verify *v, const struct root_path *place, const char *study,
                      struct verify_position *at, struct err *e)
{
    do {
        if (verify_ask(v, place, study, at, e) || verify_work_page(v, at, e))
            return -1;
    } while (v->count == PAGE && !verify_is_stopped(v));
    at->read = !verify_is_stopped(v);
    return 0;
}

int verify_run(struct verify *v, const struct root_path *place, const char *study,
               struct verify_position *at, struct err *e)
{
    if (!at->read && read_known(v, place, study, at, e))
        return -1;
    if (!at->read || !place || !place->exists)
        return 0;
    v->setup.watch.reached(v->setup.watch.ctx);
    return unknown_files_run(&v->setup, place, e);
}
