/* SPDX-License-Identifier: MIT */
#include "body/content.h"

#include <fcntl.h>

#include "base/io.h"
#include "body/content_order.h"
#include "format/dicomdir.h"
#include "format/metadata_zip.h"
#include "format/finish.h"
#include "helper/helper_run.h"

/* Asked of the pool; made by it; found in the cache instead; the first one,
 * which is being sent. */
enum content_job_state { JOB_ASKED, JOB_MADE, JOB_CACHED, JOB_TAKEN };

struct content_job {
    size_t member;
    enum content_job_state state;
    struct helper_result made; /* fd is -1 while JOB_ASKED */
};

/*
 * The pool outlives a request, and so can a job of a request that ended early.
 * Cookies contain the time, in microseconds, at which their content began,
 * which identifies results of other requests.
 */
void content_init(struct content *f, struct plan_progress *g, struct store *s,
                  struct helper_pool *pool, const struct content_learn *learn)
{
    *f = (struct content){.plan = g->plan,
                          .progress = g,
                          .pool = pool,
                          .check_end = SIZE_MAX,
                          .tag = helper_run_tag()};
    file_source_init(&f->source, g, s);
    if (learn)
        f->learn = *learn;
}

static struct content_job *job_at(const struct content *f, size_t i)
{
    return &f->jobs[(f->next_job + i) % CONTENT_JOBS_MAX];
}

static void content_drop_first(struct content *f)
{
    struct content_job *j = job_at(f, 0);

    io_close(&j->made.fd);
    if (j->state != JOB_TAKEN)
        f->ahead -= f->plan->members[j->member].file_size;
    f->next_job = (f->next_job + 1) % CONTENT_JOBS_MAX;
    f->job_count--;
}

void content_release(struct content *f)
{
    while (f->job_count)
        content_drop_first(f);
    if (f->slow)
        stat_pool_settle(f->stat_pool);
    deflate_stream_close(f->pack);
    file_source_release(&f->source);
    f->pack = NULL;
    splices_release(&f->splices);
    free(f->jobs);
    f->jobs = NULL;
}

static const char *content_label(const struct content *f, const struct plan_member *m)
{
    return file_source_label(&f->source, m);
}

static struct cache_key key_of(const struct content *f, size_t i)
{
    const struct plan_member *m = &f->plan->members[i];

    return (struct cache_key){.sop_uid = plan_text(f->plan, m->sop_uid),
                              .target = conversion_rules_target(&f->plan->options.wish),
                              .profile = plan_profile(&f->plan->options),
                              .source_size = m->file_size,
                              .source_crc = m->file_crc,
                              .codec_version = f->plan->options.codec_version};
}

/* Values of elements and metadata are not cached. */
static bool keeps(const struct content *f)
{
    return f->cache && f->plan->options.content == PLAN_INSTANCES;
}

/* Submit member i to the pool, unless it is in the cache. */
static int content_submit(struct content *f, size_t i, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    const struct cache_key key = key_of(f, i);
    struct content_job job = {.member = i, .made.fd = -1};
    int fd;

    if (!f->jobs)
        f->jobs = calloc(CONTENT_JOBS_MAX, sizeof *f->jobs);
    if (!f->jobs)
        return err_set(e, ERR_MEMORY, "no memory left for conversions");
    if (keeps(f) && cache_get(f->cache, &key, content_order_packing(f->progress, m), &job.made))
        job.state = JOB_CACHED;
    if (job.state == JOB_ASKED && file_source_open_alone(&f->source, i, &fd, e))
        return -1;
    if (job.state == JOB_ASKED && content_order_submit(f->progress, i, f->pool, fd, f->tag | i, e))
        return -1;
    *job_at(f, f->job_count++) = job;
    f->ahead += m->file_size;
    return 0;
}

/* Submit jobs as far as the window allows. */
static int content_look_ahead(struct content *f, size_t last, struct err *e)
{
    for (; f->next_member <= last && f->next_member < f->plan->count; f->next_member++) {
        const struct plan_member *m = &f->plan->members[f->next_member];

        if (m->source != PLAN_CONVERTED ||
            (f->only_unknown && plan_progress_fact(f->progress, m).known))
            continue;
        if (f->job_count == CONTENT_JOBS_MAX ||
            (f->ahead && f->ahead + m->file_size > CONTENT_AHEAD_MAX) ||
            helper_pool_room(f->pool) == 0)
            break;
        if (content_submit(f, f->next_member, e))
            return -1;
    }
    return 0;
}

/* Store a result of the pool. */
static int put_away(struct content *f, struct helper_result *r, struct err *e)
{
    bool header = r->kind == HELPER_DEIDENTIFY_HEADER && f->splices.of;
    int rc = header ? f->splices.settle(f, r, e) : 0;

    for (size_t i = 0; i < f->job_count; i++) {
        struct content_job *j = job_at(f, i);

        if (r->cookie != (f->tag | j->member) || j->state != JOB_ASKED)
            continue;
        j->state = JOB_MADE;
        j->made = *r;
        return 0;
    }
    io_close(&r->fd); /* of a header, or from a request that ended early */
    return rc;
}

int content_collect(struct content *f, struct err *e)
{
    struct helper_result r = {.fd = -1};
    int n = helper_pool_next(f->pool, content_timeout(f), &r, e);

    if (n <= 0)
        return n < 0 ? -1
                     : err_set(e, f->deadline ? ERR_LATER : ERR_HELPER,
                               "a conversion that is due was not made in time");
    return put_away(f, &r, e);
}

/* Collect results that are available. */
static int collect_ready(struct content *f, struct err *e)
{
    struct helper_result r = {.fd = -1};
    int n;

    while ((n = helper_pool_next(f->pool, 0, &r, e)) > 0)
        if (put_away(f, &r, e))
            return -1;
    return n;
}

static void content_learn_conversion(struct content *f, const struct plan_member *m, uint64_t size,
                                     uint32_t crc, uint64_t deflated)
{
    if (f->learn.conversion && f->plan->options.content == PLAN_INSTANCES)
        f->learn.conversion(f->learn.ctx, f->plan, m, size, crc, deflated < size ? deflated : size);
}

/* Except for the last ones, these texts are for the client and only about the
 * request. */
static int check_made(struct content *f, const struct content_job *j, struct err *e)
{
    const struct plan_options *o = &f->plan->options;
    const struct plan_member *m = &f->plan->members[j->member];

    if (j->state == JOB_ASKED || (j->made.class == HELPER_INSTANCE && j->made.fd >= 0))
        return 0;
    f->failed = j->member + 1;
    if (j->made.class == HELPER_ABSENT && o->content == PLAN_BULKDATA)
        return err_set(e, ERR_NOT_FOUND, "the instance has no value at %s", o->element);
    if (j->made.class == HELPER_UNDECODABLE)
        return err_set(e, ERR_NOT_ACCEPTABLE,
                       "pixel data stored in transfer syntax %s cannot be decoded",
                       plan_syntax(f->plan, m));
    if (j->made.class == HELPER_RISK)
        return plan_refuse_risk(o, j->made.reason, e);
    if (plan_is_metadata(o))
        return err_set(e, ERR_HELPER, "cannot make the metadata of %s: %s", content_label(f, m),
                       j->made.reason);
    if (o->content == PLAN_BULKDATA)
        return err_set(e, ERR_HELPER, "cannot extract %s of %s: %s", o->element,
                       content_label(f, m), j->made.reason);
    if (!plan_progress_fact(f->progress, m).known)
        content_learn_conversion(f, m, 0, 0, 0);
    return err_set(e, ERR_HELPER, "cannot convert %s to %s: %s", content_label(f, m),
                   o->content == PLAN_INSTANCES ? conversion_rules_target(&o->wish) : "metadata",
                   j->made.reason);
}

static int check_source(struct content *f, const struct plan_member *m,
                        const struct helper_result *r, struct err *e)
{
    /* these do not read the whole file */
    if (r->source_crc == m->file_crc || plan_is_metadata(&f->plan->options))
        return 0;
    return err_set(e, ERR_DATA, "the content of %s has CRC-32 %08x, not %08x as recorded",
                   content_label(f, m), r->source_crc, m->file_crc);
}

/* Compare with the record of an earlier conversion or measurement. */
static bool is_as_recorded(const struct plan_progress *g, const struct plan_member *m,
                           const struct helper_result *r)
{
    const struct plan_fact fact = plan_progress_fact(g, m);
    bool as_long = !plan_progress_sized(g, m) || fact.size == r->size;

    return as_long && (!fact.known || (fact.stored_size == (r->packed ? r->deflated : r->size) &&
                                       fact.crc == r->crc && fact.deflated == r->packed));
}

static int check_conversion(struct content *f, const struct plan_member *m,
                            const struct helper_result *r, struct err *e)
{
    const struct plan_fact fact = plan_progress_fact(f->progress, m);
    uint64_t stored = r->packed ? r->deflated : r->size;

    if (is_as_recorded(f->progress, m, r))
        return 0;
    content_learn_conversion(f, m, r->size, r->crc, r->deflated);
    return err_set(
        e, ERR_DATA,
        "%s was converted to %llu bytes (%llu in the archive) with CRC-32 %08x, not %llu (%llu) with "
        "%08x as recorded",
        content_label(f, m), (unsigned long long)r->size, (unsigned long long)stored, r->crc,
        (unsigned long long)fact.size, (unsigned long long)fact.stored_size, fact.crc);
}

/* Complete the progress of the first job's member, which is done, with its
 * result. */
static int content_settle(struct content *f, struct err *e)
{
    const struct content_job *j = job_at(f, 0);
    const struct helper_result *r = &j->made;
    const struct plan_member *m = &f->plan->members[j->member];
    struct plan_fact *fact;

    if (check_made(f, j, e) || check_source(f, m, r, e))
        return -1;
    if (plan_is_package(f->plan->options.content))
        return metadata_zip_settle(f->progress, j->member, r->fd, r->size, e);
    fact = plan_progress_edit(f->progress, m, e);
    if (!fact || check_conversion(f, m, r, e))
        return -1;
    if (!fact->known || (r->deflated && fact->deflated_size == 0))
        content_learn_conversion(f, m, r->size, r->crc, r->deflated);
    *fact = (struct plan_fact){.size = r->size,
                               .deflated_size = r->deflated ? r->deflated : fact->deflated_size,
                               .stored_size = r->packed ? r->deflated : r->size,
                               .crc = r->crc,
                               .deflated = fact->deflated,
                               .known = true};
    return 0;
}

/* The result stays until another member is requested: several ranges of one may
 * be. */
static int content_take(struct content *f, struct content_data *c, struct err *e)
{
    struct content_job *j = job_at(f, 0);
    const struct plan_member *m = &f->plan->members[j->member];
    const struct cache_key key = key_of(f, j->member);
    struct plan_fact fact;

    if (content_settle(f, e))
        return -1;
    fact = plan_progress_fact(f->progress, m);
    if (keeps(f) && j->state == JOB_MADE)
        cache_put(f->cache, &key, &j->made);
    if (j->state != JOB_TAKEN)
        f->ahead -= m->file_size;
    j->state = JOB_TAKEN;
    *c = (struct content_data){
        .fd = j->made.fd,
        .kept = true,
        .size = fact.stored_size,
        .crc = plan_is_package(f->plan->options.content) ? fact.crc : j->made.packed_crc};
    return 0;
}

static void drop_others(struct content *f, size_t i)
{
    while (f->job_count && job_at(f, 0)->member != i)
        content_drop_first(f);
}

/* Wait until member i is made; it is then the first job. */
static int content_await(struct content *f, size_t i, size_t last, struct err *e)
{
    if (!f->pool)
        return err_set(e, ERR_HELPER, "there is no wadozip-dicom to convert %s",
                       content_label(f, &f->plan->members[i]));
    drop_others(f, i);
    if (f->job_count == 0)
        f->next_member = i;
    do {
        if (content_look_ahead(f, last, e))
            return -1;
    } while ((f->job_count == 0 || job_at(f, 0)->state == JOB_ASKED) && content_collect(f, e) == 0);
    return f->job_count && job_at(f, 0)->state != JOB_ASKED ? 0 : -1;
}

int content_begin(struct content *f, size_t i, size_t last, struct err *e)
{
    if (content_await(f, i, last, e) || content_settle(f, e))
        return -1;
    if (collect_ready(f, e))
        return -1;
    for (size_t k = 0; k < f->job_count; k++)
        if (check_made(f, job_at(f, k), e))
            return -1;
    return 0;
}

int content_ready(struct content *f, size_t i, bool *ready, struct err *e)
{
    *ready = false;
    if (f->pool && collect_ready(f, e))
        return -1;
    if (f->job_count && job_at(f, 0)->state == JOB_TAKEN)
        drop_others(f, i);
    *ready = f->job_count && job_at(f, 0)->member == i && job_at(f, 0)->state != JOB_ASKED;
    return 0;
}

int content_open(struct content *f, size_t i, size_t last, struct content_data *c, struct err *e)
{
    const struct plan_member *m = &f->plan->members[i];
    const struct plan_fact fact = plan_progress_fact(f->progress, m);

    *c = (struct content_data){.fd = -1, .size = fact.stored_size, .crc = fact.crc};
    if (f->next_member < i)
        f->next_member = i;
    if (m->source == PLAN_GENERATED) {
        c->fd = fcntl(f->plan->dicomdir->fd, F_DUPFD_CLOEXEC, 0);
        return c->fd < 0 ? err_sys(e, ERR_SYSTEM, "no descriptor left") : 0;
    }
    if (m->source == PLAN_CONVERTED)
        return content_await(f, i, last, e) ? -1 : content_take(f, c, e);
    if (f->pool && content_look_ahead(f, last, e))
        return -1;
    if (m->source == PLAN_SPLICED && !f->splices.of)
        return err_set(e, ERR_SYSTEM, "the size of the header of %s is not known",
                       content_label(f, m));
    return file_source_open(&f->source, i, last, &c->fd, e);
}

void content_done(struct content *f, struct content_data *c)
{
    file_source_end(&f->source);
    if (!c->kept)
        io_close(&c->fd);
    c->fd = -1;
}
