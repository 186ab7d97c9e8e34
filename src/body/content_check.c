/* SPDX-License-Identifier: MIT */
#include "body/content.h"

#include "base/crc.h"
#include "base/io.h"
#include "store/store_remote.h"

#define READ_SIZE ((size_t)256 << 10)
#define SAMPLE 8     /* one of this many files is timed, and the next ones, too, if that was slow */
#define SLOW 100e-6  /* seconds */
#define SLOW_LOOKS 3 /* in a row: one may also have waited for a processor */

static int file_crc(int fd, uint64_t size, uint32_t *crc, struct err *e)
{
    uint8_t *data = malloc(READ_SIZE);
    uint64_t at = 0;
    ssize_t n;

    if (!data)
        return err_set(e, ERR_MEMORY, "no memory left to read a file");
    *crc = 0;
    do {
        n = io_pread(fd, data, READ_SIZE, at);
        if (n > 0) {
            *crc = crc_update(*crc, data, (size_t)n);
            at += (uint64_t)n;
        }
    } while (n > 0 && at <= size);
    free(data);
    if (n < 0)
        return err_sys(e, ERR_DATA, "cannot read a file");
    return at == size ? 0 : err_set(e, ERR_DATA, "a file changed while it was being read");
}

int content_timeout(const struct content *f)
{
    double left = f->deadline - io_now();

    if (!f->deadline)
        return -1;
    return left > 0 ? (int)(left * 1000) + 1 : 0;
}

bool content_is_unchanged(struct content *f, size_t i)
{
    const struct plan_member *m = &f->plan->members[i];
    struct err none = ERR_INIT;
    uint32_t crc = 0;
    bool same;
    int fd;

    if (file_source_open_alone(&f->source, i, &fd, &none))
        return false;
    same = file_crc(fd, m->file_size, &crc, &none) == 0 && crc == m->file_crc;
    io_close(&fd);
    return same;
}

/*
 * Only the time differs: a copy or a restored backup. The content decides; if
 * it is right, the new time is recorded.
 */
static int check_content(struct content *f, const struct plan_member *m, struct err *e)
{
    struct err why = ERR_INIT;
    struct store_meta meta, after;
    uint32_t crc = 0;
    int fd, result;

    if (store_file(f->source.store, m->folder, plan_text(f->plan, m->file), &fd, &meta, e))
        return -1;
    result = file_source_check_size(&f->source, m, meta.size, e);
    if (result == 0 && file_crc(fd, meta.size, &crc, &why))
        result = err_set(e, why.kind, "%s: %s", file_source_label(&f->source, m), why.text);
    io_close(&fd);
    if (result || store_stat(f->source.store, m->folder, plan_text(f->plan, m->file), &after, e))
        return -1;
    if (crc != m->file_crc || after.mtime_ns != meta.mtime_ns || after.size != meta.size)
        return err_set(e, ERR_DATA,
                       "%s has other content than recorded (CRC-32 %08x, not %08x): index it again",
                       file_source_label(&f->source, m), crc, m->file_crc);
    if (f->learn.mtime)
        f->learn.mtime(f->learn.ctx, f->plan, m, meta.mtime_ns);
    return plan_progress_set_mtime(f->progress, m, meta.mtime_ns, e);
}

static int content_check_check_member(struct content *f, const struct plan_member *m, struct err *e)
{
    struct store_meta meta;

    if (store_trusts(f->source.store, m->folder))
        return 0;
    if (store_stat(f->source.store, m->folder, plan_text(f->plan, m->file), &meta, e) ||
        file_source_check_size(&f->source, m, meta.size, e))
        return -1;
    return meta.mtime_ns == plan_progress_mtime(f->progress, m) ? 0 : check_content(f, m, e);
}

/*
 * Return whether the file differs from its record. A cached stat takes a
 * microsecond, less than a thread switch, so only some are timed, and the stat
 * pool is used if they are slow.
 */
static bool is_odd(struct content *f, const struct plan_member *m)
{
    bool timed = f->stat_pool && (f->looked % SAMPLE == 0 || f->slow_looks);
    double began = timed ? io_now() : 0;
    struct err later = ERR_INIT;
    struct store_meta meta;
    bool odd = store_stat(f->source.store, m->folder, plan_text(f->plan, m->file), &meta, &later) ||
               meta.size != m->file_size || meta.mtime_ns != m->mtime_ns;

    if (timed)
        f->slow_looks = io_now() - began > SLOW ? f->slow_looks + 1 : 0;
    f->slow = f->slow_looks == SLOW_LOOKS;
    return odd;
}

static void send_to_stat_pool(const struct content *f, const struct plan_member *m)
{
    const struct store_meta recorded = {.size = m->file_size, .mtime_ns = m->mtime_ns};

    stat_pool_ask(f->stat_pool, f->source.store, m->folder, plan_text(f->plan, m->file),
                  (uint64_t)(m - f->plan->members), &recorded);
}

static size_t end_of_check(const struct content *f)
{
    return f->check_end < f->plan->count ? f->check_end : f->plan->count;
}

void content_check_only(struct content *f, size_t first, size_t end)
{
    f->looked = f->check_first = first;
    f->check_end = end;
}

void content_look(struct content *f)
{
    for (; f->looked < end_of_check(f) && !f->odd; f->looked++) {
        const struct plan_member *m = &f->plan->members[f->looked];

        if (m->source == PLAN_GENERATED || store_is_remote(f->source.store, m->folder))
            continue;
        if (f->slow)
            send_to_stat_pool(f, m);
        else if ((f->odd = is_odd(f, m)))
            return;
    }
}

/*
 * Files reported by the stat pool are checked again here, to report an error or
 * to compare content.
 */
static void take_stat_results(struct content *f)
{
    uint64_t odd = stat_pool_settle(f->stat_pool);

    if (odd < f->looked)
        f->looked = (size_t)odd;
}

static bool is_object(const struct content *f, const struct plan_member *m)
{
    return m->source != PLAN_GENERATED && store_is_remote(f->source.store, m->folder);
}

/* Find out the versions of all objects at once. */
static int check_objects(struct content *f, struct err *e)
{
    bool any = false;

    for (size_t i = f->check_first; i < end_of_check(f); i++) {
        const struct plan_member *m = &f->plan->members[i];

        if (!is_object(f, m) || store_trusts(f->source.store, m->folder))
            continue;
        if (store_expect(f->source.store, m->folder, plan_text(f->plan, m->file), e))
            return -1;
        any = true;
    }
    return any ? store_check_expected(f->source.store, e) : 0;
}

/* Return whether content_look() has found nothing wrong with the file. */
static bool is_looked_at(const struct content *f, size_t i)
{
    return i < f->looked && !is_object(f, &f->plan->members[i]);
}

int content_check(struct content *f, uint64_t *bad, struct err *e)
{
    *bad = 0;
    content_look(f);
    if (f->slow)
        take_stat_results(f);
    if (check_objects(f, e)) {
        *bad = 1;
        return -1;
    }
    for (size_t i = f->check_first; i < end_of_check(f); i++) {
        struct err one = ERR_INIT;

        if (is_looked_at(f, i) || f->plan->members[i].source == PLAN_GENERATED ||
            content_check_check_member(f, &f->plan->members[i], &one) == 0)
            continue;
        if (++*bad == 1)
            *e = one;
        if (one.kind != ERR_DATA) {
            *e = one;
            return -1;
        }
    }
    return *bad ? -1 : 0;
}
