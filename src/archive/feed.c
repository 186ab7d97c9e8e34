#include "archive/feed.h"

#include "base/crc.h"
#include "base/io.h"

#define READ_SIZE ((size_t)256 << 10)

struct feed_job {
    size_t member;
    bool done, failed, packed;
    int fd; /* of the result, -1 until done */
    uint64_t size, deflated; /* as struct proc_result has them */
    uint32_t crc, stored_crc, source_crc;
    char reason[sizeof ((struct proc_result *)0)->reason];
};

/*
 * The pool outlives a request, and so may a job whose request ended early: cookies bear the time, in microseconds, at
 * which their feed began, and an answer to another feed's job is known as such.
 */
void feed_init(struct feed *f, struct plan *p, struct store *s, struct proc_pool *pool, const struct feed_learn *learn)
{
    *f = (struct feed){.plan = p, .pool = pool, .tag = (uint64_t)(io_now() * 1e6) << 32};
    source_init(&f->source, p, s);
    if (learn)
        f->learn = *learn;
}

static struct feed_job *job_at(const struct feed *f, size_t i)
{
    return &f->jobs[(f->next_job + i) % FEED_WINDOW];
}

static void drop_first(struct feed *f)
{
    struct feed_job *j = job_at(f, 0);

    io_close(&j->fd);
    f->ahead -= f->plan->members[j->member].file_size;
    f->next_job = (f->next_job + 1) % FEED_WINDOW;
    f->job_count--;
}

void feed_release(struct feed *f)
{
    while (f->job_count)
        drop_first(f);
    pack_close(f->pack);
    source_release(&f->source);
    f->pack = NULL;
    free(f->jobs);
    f->jobs = NULL;
}

static const char *label(const struct feed *f, const struct plan_member *m)
{
    return source_label(&f->source, m);
}

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

/* Only the time differs: a copy or a restored backup. The content decides, and a right one's time is learnt. */
static int check_content(struct feed *f, struct plan_member *m, struct err *e)
{
    struct err why = ERR_INIT;
    struct store_meta meta, after;
    uint32_t crc = 0;
    int fd, result;

    if (store_file(f->source.store, m->folder, plan_text(f->plan, m->file), &fd, &meta, e))
        return -1;
    result = source_check_size(&f->source, m, meta.size, e);
    if (result == 0 && file_crc(fd, meta.size, &crc, &why))
        result = err_set(e, why.kind, "%s: %s", label(f, m), why.text);
    io_close(&fd);
    if (result || store_stat(f->source.store, m->folder, plan_text(f->plan, m->file), &after, e))
        return -1;
    if (crc != m->file_crc || after.mtime_ns != meta.mtime_ns || after.size != meta.size)
        return err_set(e, ERR_DATA, "%s has other content than recorded (CRC-32 %08x, not %08x): index it again",
                       label(f, m), crc, m->file_crc);
    if (f->learn.mtime)
        f->learn.mtime(f->learn.ctx, f->plan, m, meta.mtime_ns);
    m->mtime_ns = meta.mtime_ns;
    return 0;
}

static int check_member(struct feed *f, struct plan_member *m, struct err *e)
{
    struct store_meta meta;

    if (store_stat(f->source.store, m->folder, plan_text(f->plan, m->file), &meta, e) ||
        source_check_size(&f->source, m, meta.size, e))
        return -1;
    return meta.mtime_ns == m->mtime_ns ? 0 : check_content(f, m, e);
}

void feed_look(struct feed *f)
{
    for (; f->looked < f->plan->count && !f->odd; f->looked++) {
        const struct plan_member *m = &f->plan->members[f->looked];
        struct err later = ERR_INIT;
        struct store_meta meta;

        f->odd = store_stat(f->source.store, m->folder, plan_text(f->plan, m->file), &meta, &later) ||
                 meta.size != m->file_size || meta.mtime_ns != m->mtime_ns;
        if (f->odd)
            return;
    }
}

int feed_check(struct feed *f, uint64_t *bad, struct err *e)
{
    *bad = 0;
    for (size_t i = f->looked; i < f->plan->count; i++) {
        struct err one = ERR_INIT;

        if (check_member(f, &f->plan->members[i], &one) == 0)
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

/* What is known to be deflated must come out so again. */
static enum proc_packing packing(const struct plan *p, const struct plan_member *m)
{
    if (m->known)
        return m->deflated ? PROC_PACK_ANY : PROC_PACK_NOTHING;
    if (!plan_packs(p))
        return PROC_PACK_NOTHING;
    return p->options.compression == PLAN_COMPRESS_DEFLATE ? PROC_PACK_ANY : PROC_PACK_TENTH;
}

static int submit(struct feed *f, size_t i, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    int fd;

    if (!f->jobs)
        f->jobs = calloc(FEED_WINDOW, sizeof *f->jobs);
    if (!f->jobs)
        return err_set(e, ERR_MEMORY, "no memory left for conversions");
    if (source_open(&f->source, i, i, &fd, e) ||
        proc_convert(f->pool, fd, form_target(&f->plan->options.wish), packing(f->plan, m), f->tag | i, e))
        return -1;
    *job_at(f, f->job_count++) = (struct feed_job){.member = i, .fd = -1};
    f->ahead += m->file_size;
    return 0;
}

/* Gives work to the pool as far as the window reaches. */
static int look_ahead(struct feed *f, size_t last, struct err *e)
{
    for (; f->next_member <= last && f->next_member < f->plan->count; f->next_member++) {
        const struct plan_member *m = &f->plan->members[f->next_member];

        if (!m->converted)
            continue;
        if (f->job_count == FEED_WINDOW || (f->job_count && f->ahead + m->file_size > FEED_AHEAD_MAX) ||
            proc_room(f->pool) == 0)
            break;
        if (submit(f, f->next_member, e))
            return -1;
    }
    return 0;
}

/* Files an answer of the pool. */
static void put_away(struct feed *f, struct proc_result *r)
{
    for (size_t i = 0; i < f->job_count; i++) {
        struct feed_job *j = job_at(f, i);

        if (r->cookie != (f->tag | j->member) || j->done)
            continue;
        *j = (struct feed_job){.member = j->member, .done = true, .failed = r->class != PROC_INSTANCE || r->fd < 0,
                               .packed = r->packed, .fd = r->fd, .size = r->size, .deflated = r->deflated, .crc = r->crc,
                               .stored_crc = r->packed_crc, .source_crc = r->source_crc};
        snprintf(j->reason, sizeof j->reason, "%s", r->reason);
        return;
    }
    io_close(&r->fd); /* of a request that ended early */
}

/* Waits for one answer, whichever comes. */
static int collect(struct feed *f, struct err *e)
{
    struct proc_result r = {.fd = -1};
    int n = proc_next(f->pool, -1, &r, e);

    if (n <= 0)
        return n < 0 ? -1 : err_set(e, ERR_HELPER, "wadozip-dicom was not asked for a conversion that is due");
    put_away(f, &r);
    return 0;
}

/* Takes the answers that are there already. */
static int collect_ready(struct feed *f, struct err *e)
{
    struct proc_result r = {.fd = -1};
    int n;

    while ((n = proc_next(f->pool, 0, &r, e)) > 0)
        put_away(f, &r);
    return n;
}

static int check_made(struct feed *f, const struct feed_job *j, struct err *e)
{
    if (!j->done || !j->failed)
        return 0;
    return err_set(e, ERR_HELPER, "cannot convert %s to %s: %s", label(f, &f->plan->members[j->member]),
                   form_target(&f->plan->options.wish), j->reason);
}

static void learn_form(struct feed *f, const struct plan_member *m, const struct feed_job *j)
{
    if (f->learn.form)
        f->learn.form(f->learn.ctx, f->plan, m, j->size, j->crc, j->deflated < j->size ? j->deflated : j->size);
}

/* Of the recorded content, and as recorded where it was made before. */
static int check_form(struct feed *f, const struct plan_member *m, const struct feed_job *j, struct err *e)
{
    uint64_t stored = j->packed ? j->deflated : j->size;

    if (j->source_crc != m->file_crc)
        return err_set(e, ERR_DATA, "the content of %s has CRC-32 %08x, not %08x as recorded", label(f, m), j->source_crc,
                       m->file_crc);
    if (!m->known || (plan_size(f->plan, m) == j->size && m->stored_size == stored && m->crc == j->crc &&
                      m->deflated == j->packed))
        return 0;
    learn_form(f, m, j);
    return err_set(e, ERR_DATA, "%s was converted to %llu bytes (%llu in the archive) with CRC-32 %08x, not %llu (%llu) with "
                   "%08x as recorded", label(f, m), (unsigned long long)j->size, (unsigned long long)stored, j->crc,
                   (unsigned long long)plan_size(f->plan, m), (unsigned long long)m->stored_size, m->crc);
}

/* Takes the first job's result, which belongs to m. */
static int take(struct feed *f, struct plan_member *m, struct feed_content *c, struct err *e)
{
    struct feed_job *j = job_at(f, 0);

    if (check_made(f, j, e) || check_form(f, m, j, e))
        return -1;
    if (!m->known)
        learn_form(f, m, j);
    f->plan->form_sizes[j->member] = j->size;
    m->stored_size = j->packed ? j->deflated : j->size;
    m->deflated = j->packed;
    m->crc = j->crc;
    m->known = true;
    *c = (struct feed_content){j->fd, m->stored_size, j->stored_crc};
    j->fd = -1;
    drop_first(f);
    return 0;
}

/* Has member i made: it is the first job then, and done. */
static int await(struct feed *f, size_t i, size_t last, struct err *e)
{
    if (!f->pool)
        return err_set(e, ERR_HELPER, "there is no wadozip-dicom to convert %s", label(f, &f->plan->members[i]));
    while (f->job_count && job_at(f, 0)->member != i)
        drop_first(f);
    if (f->job_count == 0)
        f->next_member = i;
    do {
        if (look_ahead(f, last, e))
            return -1;
    } while ((f->job_count == 0 || !job_at(f, 0)->done) && collect(f, e) == 0);
    return f->job_count && job_at(f, 0)->done ? 0 : -1;
}

int feed_begin(struct feed *f, size_t i, size_t last, struct err *e)
{
    if (await(f, i, last, e) || collect_ready(f, e))
        return -1;
    for (size_t k = 0; k < f->job_count; k++)
        if (check_made(f, job_at(f, k), e))
            return -1;
    return 0;
}

int feed_ready(struct feed *f, size_t i, bool *ready, struct err *e)
{
    *ready = false;
    if (f->pool && collect_ready(f, e))
        return -1;
    *ready = f->job_count && job_at(f, 0)->member == i && job_at(f, 0)->done;
    return 0;
}

int feed_open(struct feed *f, size_t i, size_t last, struct feed_content *c, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];

    *c = (struct feed_content){-1, m->stored_size, m->crc};
    if (f->next_member < i)
        f->next_member = i;
    if (m->converted)
        return await(f, i, last, e) ? -1 : take(f, &f->plan->members[i], c, e);
    if (f->pool && look_ahead(f, last, e))
        return -1;
    return source_open(&f->source, i, last, &c->fd, e);
}

void feed_done(struct feed *f, struct feed_content *c)
{
    (void)f;
    io_close(&c->fd);
}
