#include "archive/feed.h"

#include <fcntl.h>

#include "archive/dicomdir.h"
#include "archive/package.h"
#include "base/io.h"

struct feed_job {
    size_t member;
    bool done, cached;       /* cached: it was kept from before */
    bool taken;              /* the first one, being sent */
    struct proc_result made; /* fd is -1 until done */
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

    io_close(&j->made.fd);
    if (!j->taken)
        f->ahead -= f->plan->members[j->member].file_size;
    f->next_job = (f->next_job + 1) % FEED_WINDOW;
    f->job_count--;
}

void feed_release(struct feed *f)
{
    while (f->job_count)
        drop_first(f);
    if (f->slow)
        scout_settle(f->scout);
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

/* What is known to be deflated must come out so again. */
static enum proc_packing packing(const struct plan *p, const struct plan_member *m)
{
    if (m->known)
        return m->deflated ? PROC_PACK_ANY : PROC_PACK_NOTHING;
    if (!plan_packs(p))
        return PROC_PACK_NOTHING;
    return p->options.compression == PLAN_COMPRESS_DEFLATE ? PROC_PACK_ANY : PROC_PACK_TENTH;
}

static struct cache_key key_of(const struct feed *f, size_t i)
{
    const struct plan_member *m = &f->plan->members[i];

    return (struct cache_key){.sop_uid = plan_text(f->plan, m->sop_uid), .target = form_target(&f->plan->options.wish),
                              .source_size = m->file_size, .source_crc = m->file_crc, .recipe = f->plan->options.recipe};
}

/* Values of elements and metadata are not. */
static bool keeps(const struct feed *f)
{
    return f->cache && f->plan->options.content == PLAN_INSTANCES;
}

/* What is not a conversion. */
static const enum proc_kind kinds[] = {
    [PLAN_BULKDATA] = PROC_EXTRACT,           [PLAN_METADATA_JSON] = PROC_METADATA_JSON,
    [PLAN_METADATA_XML] = PROC_METADATA_XML,  [PLAN_PACKAGE_JSON] = PROC_PACKAGE_JSON,
    [PLAN_PACKAGE_XML] = PROC_PACKAGE_XML};

static int ask(struct feed *f, size_t i, int fd, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    const struct plan_options *o = &f->plan->options;
    const char *target = o->content == PLAN_BULKDATA ? o->element : o->service;
    char prefix[PACKAGE_PREFIX_MAX];

    if (o->content == PLAN_INSTANCES)
        return proc_convert(f->pool, fd, form_target(&o->wish), packing(f->plan, m), f->tag | i, e);
    if (plan_is_package(o->content)) {
        package_prefix(f->plan, m, prefix);
        target = prefix;
    }
    return proc_submit(f->pool, kinds[o->content], fd, target, f->tag | i, e);
}

/* Gives member i to the pool, unless it has been kept. */
static int submit(struct feed *f, size_t i, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    const struct cache_key key = key_of(f, i);
    struct feed_job job = {.member = i, .made.fd = -1};
    int fd;

    if (!f->jobs)
        f->jobs = calloc(FEED_WINDOW, sizeof *f->jobs);
    if (!f->jobs)
        return err_set(e, ERR_MEMORY, "no memory left for conversions");
    job.done = job.cached = keeps(f) && cache_get(f->cache, &key, packing(f->plan, m), &job.made);
    if (!job.done && source_open_alone(&f->source, i, &fd, e))
        return -1;
    if (!job.done && ask(f, i, fd, e))
        return -1;
    *job_at(f, f->job_count++) = job;
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
        if (f->job_count == FEED_WINDOW || (f->ahead && f->ahead + m->file_size > FEED_AHEAD_MAX) ||
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
        j->done = true;
        j->made = *r;
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

static void learn_form(struct feed *f, const struct plan_member *m, uint64_t size, uint32_t crc, uint64_t deflated)
{
    if (f->learn.form && f->plan->options.content == PLAN_INSTANCES)
        f->learn.form(f->learn.ctx, f->plan, m, size, crc, deflated < size ? deflated : size);
}

/* But for the last ones, words for the requester, about the request and nothing else. */
static int check_made(struct feed *f, const struct feed_job *j, struct err *e)
{
    const struct plan_options *o = &f->plan->options;
    const struct plan_member *m = &f->plan->members[j->member];

    if (!j->done || (j->made.class == PROC_INSTANCE && j->made.fd >= 0))
        return 0;
    if (j->made.class == PROC_ABSENT && o->content == PLAN_BULKDATA)
        return err_set(e, ERR_NOT_FOUND, "the instance has no value at %s", o->element);
    if (j->made.class == PROC_UNDECODABLE)
        return err_set(e, ERR_NOT_ACCEPTABLE, "pixel data stored in transfer syntax %s cannot be had uncompressed",
                       plan_syntax(f->plan, m));
    if (plan_tells_metadata(o))
        return err_set(e, ERR_HELPER, "cannot tell the metadata of %s: %s", label(f, m), j->made.reason);
    if (o->content == PLAN_BULKDATA)
        return err_set(e, ERR_HELPER, "cannot take %s out of %s: %s", o->element, label(f, m), j->made.reason);
    if (!m->known)
        learn_form(f, m, 0, 0, 0);
    return err_set(e, ERR_HELPER, "cannot convert %s to %s: %s", label(f, m),
                   o->content == PLAN_INSTANCES ? form_target(&o->wish) : "metadata", j->made.reason);
}

static int check_source(struct feed *f, const struct plan_member *m, const struct proc_result *r, struct err *e)
{
    if (r->source_crc == m->file_crc || plan_tells_metadata(&f->plan->options)) /* for which files are not read whole */
        return 0;
    return err_set(e, ERR_DATA, "the content of %s has CRC-32 %08x, not %08x as recorded", label(f, m), r->source_crc,
                   m->file_crc);
}

/* As recorded, where it was made before. */
static int check_form(struct feed *f, const struct plan_member *m, const struct proc_result *r, struct err *e)
{
    uint64_t stored = r->packed ? r->deflated : r->size;

    if (!m->known || (plan_size(f->plan, m) == r->size && m->stored_size == stored && m->crc == r->crc &&
                      m->deflated == r->packed))
        return 0;
    learn_form(f, m, r->size, r->crc, r->deflated);
    return err_set(e, ERR_DATA, "%s was converted to %llu bytes (%llu in the archive) with CRC-32 %08x, not %llu (%llu) with "
                   "%08x as recorded", label(f, m), (unsigned long long)r->size, (unsigned long long)stored, r->crc,
                   (unsigned long long)plan_size(f->plan, m), (unsigned long long)m->stored_size, m->crc);
}

/* Completes the first job's member, which is done, with what was made of it. */
static int settle(struct feed *f, struct err *e)
{
    const struct feed_job *j = job_at(f, 0);
    const struct proc_result *r = &j->made;
    struct plan_member *m = &f->plan->members[j->member];

    if (check_made(f, j, e) || check_source(f, m, r, e))
        return -1;
    if (plan_is_package(f->plan->options.content))
        return package_settle(f->plan, j->member, r->fd, r->size, e);
    if (check_form(f, m, r, e))
        return -1;
    if (!m->known)
        learn_form(f, m, r->size, r->crc, r->deflated);
    f->plan->form_sizes[j->member] = r->size;
    m->stored_size = r->packed ? r->deflated : r->size;
    m->deflated = r->packed;
    m->crc = r->crc;
    m->known = true;
    return 0;
}

/* Its result stays until another member is asked for: several ranges of one may be wanted. */
static int take(struct feed *f, struct feed_content *c, struct err *e)
{
    struct feed_job *j = job_at(f, 0);
    const struct plan_member *m = &f->plan->members[j->member];
    const struct cache_key key = key_of(f, j->member);

    if (settle(f, e))
        return -1;
    if (keeps(f) && !j->cached && !j->taken)
        cache_put(f->cache, &key, &j->made);
    if (!j->taken)
        f->ahead -= m->file_size;
    j->taken = true;
    *c = (struct feed_content){.fd = j->made.fd, .kept = true, .size = m->stored_size,
                               .crc = plan_is_package(f->plan->options.content) ? m->crc : j->made.packed_crc};
    return 0;
}

static void drop_others(struct feed *f, size_t i)
{
    while (f->job_count && job_at(f, 0)->member != i)
        drop_first(f);
}

/* Has member i made: it is the first job then, and done. */
static int await(struct feed *f, size_t i, size_t last, struct err *e)
{
    if (!f->pool)
        return err_set(e, ERR_HELPER, "there is no wadozip-dicom to convert %s", label(f, &f->plan->members[i]));
    drop_others(f, i);
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
    if (await(f, i, last, e) || settle(f, e) || collect_ready(f, e))
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
    if (f->job_count && job_at(f, 0)->taken)
        drop_others(f, i);
    *ready = f->job_count && job_at(f, 0)->member == i && job_at(f, 0)->done;
    return 0;
}

int feed_open(struct feed *f, size_t i, size_t last, struct feed_content *c, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];

    *c = (struct feed_content){.fd = -1, .size = m->stored_size, .crc = m->crc};
    if (f->next_member < i)
        f->next_member = i;
    if (m->made) {
        c->fd = fcntl(f->plan->dicomdir->fd, F_DUPFD_CLOEXEC, 0);
        return c->fd < 0 ? err_sys(e, ERR_SYSTEM, "no descriptor left") : 0;
    }
    if (m->converted)
        return await(f, i, last, e) ? -1 : take(f, c, e);
    if (f->pool && look_ahead(f, last, e))
        return -1;
    return source_open(&f->source, i, last, &c->fd, e);
}

void feed_done(struct feed *f, struct feed_content *c)
{
    (void)f;
    if (!c->kept)
        io_close(&c->fd);
    c->fd = -1;
}
