/* SPDX-License-Identifier: MIT */
#include "helper/helper_pool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "helper/helper_jobs.h"

#define START_SECONDS 60

struct helper_pool {
    struct helper_jobs jobs;
    uint32_t codec_version; /* of its processes; 0 before the first has reported it */
    bool outdated;   /* a later process reported another version */
    /* of the result that was returned last: keys and frame table */
    unsigned char tail[PROTOCOL_TAIL_MAX];
    unsigned turn; /* worker to poll first, so that none is starved */
};

struct helper_setup helper_setup_of(const struct conf *c)
{
    return (struct helper_setup){.program = c->helper,
                               .spool = c->spool,
                               .children = (unsigned)c->helpers,
                               .memory = c->helper_memory,
                               .lenient_uids = c->lenient_uids != 0,
                               .seconds = (unsigned)c->helper_seconds};
}

int helper_pool_open(const struct helper_setup *s, struct helper_pool **out, struct err *e)
{
    struct helper_pool *p = calloc(1, sizeof *p);

    *out = NULL;
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for helper processes");
    if (helper_jobs_init(&p->jobs, s, e) != 0) {
        free(p);
        return -1;
    }
    *out = p;
    return 0;
}

void helper_pool_close(struct helper_pool *p)
{
    if (!p)
        return;
    helper_jobs_release(&p->jobs);
    free(p);
}

unsigned helper_pool_room(const struct helper_pool *p)
{
    return p->jobs.job_room - p->jobs.job_count;
}

static int add_job(struct helper_jobs *c, struct job *order, struct job **j, struct err *e)
{
    int rc = 0;

    if (fcntl(order->fds[0], F_GETFD) < 0)
        rc = err_sys(e, ERR_SYSTEM, "cannot hand a file to %s", c->setup.program);
    else
        rc = helper_jobs_open_results(order, e);
    *j = rc ? NULL : helper_jobs_add(c, order);
    if (*j)
        return 0;
    for (size_t i = 0; i < PROTOCOL_FILES_MAX; i++)
        io_close(&order->fds[i]);
    return err_set(e, ERR_BUSY, "all helper processes are busy");
}

int helper_pool_order(struct helper_pool *p, int fd_take, const struct helper_order *o,
                      struct err *e)
{
    struct job job = {.cookie = o->cookie,
                      .kind = o->kind,
                      .packing = o->packing,
                      .fds = {fd_take, -1, -1, -1, -1}},
               *j;

    snprintf(job.target, sizeof job.target, "%s", o->target ? o->target : "");
    snprintf(job.profile, sizeof job.profile, "%s", o->profile ? o->profile : "");
    if (add_job(&p->jobs, &job, &j, e) != 0)
        return -1;
    if (helper_jobs_dispatch(&p->jobs, e) == 0)
        return 0;
    if (j->owner == HELPER_UNASSIGNED)
        helper_jobs_drop(&p->jobs, j);
    return -1;
}

static void begin_result(const struct job *j, struct helper_result *r)
{
    *r = (struct helper_result){.cookie = j->cookie, .kind = j->kind, .fd = -1};
}

__attribute__((format(printf, 4, 5))) static int
fail_job(struct helper_pool *p, struct job *j, struct helper_result *r, const char *format, ...)
{
    va_list args;

    begin_result(j, r);
    r->class = HELPER_FAILED;
    va_start(args, format);
    vsnprintf(r->reason, sizeof r->reason, format, args);
    va_end(args);
    helper_jobs_drop(&p->jobs, j);
    return 1;
}

/* Handle a process that ended. Returns 1 with its job's result, 0 if it had
 * none, -1 if none can be started. */
static int helper_pool_reap_helper(struct helper_pool *p, int index, struct helper_result *r,
                                   struct err *e)
{
    bool was_ready = p->jobs.workers[index].ready;
    struct job *j;
    int status = helper_jobs_end(&p->jobs, index, &j);

    if (!was_ready)
        return err_set(e, ERR_HELPER, "%s cannot start (wait status %d); the log says why",
                       p->jobs.setup.program, status);
    if (!j)
        return 0;
    if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == PROTOCOL_EXIT_MEMORY)
        return fail_job(p, j, r, "needs more than %" PRIu64 " bytes of memory",
                        p->jobs.setup.memory);
    if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        return fail_job(p, j, r, "took longer than %u seconds of processor time", j->seconds);
    if (status != -1 && WIFSIGNALED(status))
        return fail_job(p, j, r, "wadozip-dicom was killed by signal %d while reading it",
                        WTERMSIG(status));
    return fail_job(p, j, r, "wadozip-dicom ended (wait status %d) while reading it", status);
}

/* Check the result file: a sealed memory file or the spool file, of the size in
 * the reply. */
static bool helper_pool_take_result(struct job *j, const struct protocol_reply *reply, int *fd)
{
    bool packed = (reply->flags & PROTOCOL_PACKED) != 0;
    int *spool = &j->fds[packed ? PROTOCOL_SPOOL_PACKED : PROTOCOL_SPOOL];
    struct stat st;

    if (reply->flags & PROTOCOL_SPOOLED) {
        io_close(fd);
        *fd = *spool;
        *spool = -1;
    } else if (!helper_process_sealed(*fd)) {
        return false;
    }
    return *fd >= 0 && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) &&
           (!packed || helper_packs(j->packing)) &&
           (uint64_t)st.st_size == (packed ? reply->deflated : reply->size);
}

/* Return whether the class is possible for the job's kind: only a description
 * has keys, only values can be absent. */
static bool fits_kind(const struct job *j, const struct protocol_reply *reply)
{
    bool takes_values = helper_job_takes_values(j->kind), has_tail = reply->keys || reply->table;

    if (reply->file_class == HELPER_RISK)
        return j->profile[0] && !has_tail;
    return (reply->file_class <= HELPER_FAILED || takes_values) &&
           (!has_tail || j->kind == HELPER_DESCRIBE) &&
           (reply->cut == 0 || (j->kind == HELPER_DEIDENTIFY_HEADER && reply->cut <= reply->size));
}

/* Return whether a file came with the reply if and only if the job makes one.
 */
static bool has_its_file(struct job *j, const struct protocol_reply *reply, int *fd)
{
    bool made = reply->file_class == HELPER_INSTANCE;

    if (helper_job_makes_file(j->kind) && made)
        return helper_pool_take_result(j, reply, fd);
    return *fd < 0 && (!made || j->kind != HELPER_DESCRIBE || helper_process_has_uids(reply));
}

static int take_reply(struct helper_pool *p, struct worker *w, struct job *j,
                      const struct protocol_reply *reply, int fd, struct helper_result *r)
{
    begin_result(j, r);
    if (!fits_kind(j, reply) || !has_its_file(j, reply, &fd)) {
        io_close(&fd);
        return -1;
    }
    r->class = (enum helper_class)reply->file_class;
    r->size = reply->size;
    r->crc = reply->crc;
    r->deflated = reply->deflated;
    r->packed = (reply->flags & PROTOCOL_PACKED) != 0;
    r->packed_crc = r->packed ? reply->packed_crc : reply->crc;
    r->source_crc = reply->source_crc;
    r->default_size = reply->default_size;
    r->cut = reply->cut;
    r->fd = fd;
    r->description = reply->description;
    r->keys = p->tail;
    r->key_bytes = reply->keys;
    r->table = p->tail + reply->keys;
    r->table_bytes = reply->table;
    memcpy(r->reason, reply->reason, sizeof r->reason);
    helper_jobs_drop(&p->jobs, j);
    w->held--;
    w->since = io_now();
    return 1;
}

/* Results of two codec versions are never mixed: sizes from one may be wrong
 * for the other. */
static int on_connect(struct helper_pool *p, int index, uint32_t codec_version, struct err *e)
{
    struct worker *w = &p->jobs.workers[index];
    struct job *none;

    if (p->codec_version == 0 && codec_version <= INT32_MAX)
        p->codec_version = codec_version;
    if (codec_version == p->codec_version && codec_version != 0) {
        w->ready = true;
        w->since = io_now();
        return 0;
    }
    p->outdated = true;
    helper_jobs_end(&p->jobs, index, &none);
    return err_set(
        e, ERR_BUSY,
        "%s, or a library of it, was replaced: what it makes now is not what it made before",
        p->jobs.setup.program);
}

/* Return whether a reply only asks for more time, which is allowed once per
 * job. */
static bool extends(struct job *j, const struct protocol_reply *reply)
{
    if (reply->flags != PROTOCOL_MORE || j->extended || reply->size > HELPER_SECONDS_MORE_MAX ||
        reply->keys || reply->table)
        return false;
    j->extended = true;
    j->seconds += (unsigned)reply->size;
    return true;
}

/* Read from a process that is ready. Returns 1 with a result, 0 without, -1 on
 * an error of the pool. */
static int listen_to(struct helper_pool *p, int index, struct helper_result *r, struct err *e)
{
    struct worker *w = &p->jobs.workers[index];
    struct job *j = helper_jobs_first(&p->jobs, index);
    struct protocol_reply reply;
    int fd;
    enum helper_event event = helper_process_receive(&w->child, &reply, p->tail, &fd);

    if (event == HELPER_EVENT_NONE)
        return 0;
    if (event == HELPER_EVENT_GONE)
        return helper_pool_reap_helper(p, index, r, e);
    if (event == HELPER_EVENT_REPLY && !w->ready && reply.serial == PROTOCOL_HELLO && fd < 0)
        return on_connect(p, index, reply.crc, e);
    if (event == HELPER_EVENT_REPLY && w->ready && j && reply.serial == j->serial) {
        if (fd < 0 && extends(j, &reply))
            return 0;
        if (take_reply(p, w, j, &reply, fd, r) == 1)
            return 1;
    }
    if (!w->ready) {
        helper_jobs_end(&p->jobs, index, &j);
        return err_set(e, ERR_HELPER, "%s does not speak the protocol of this version",
                       p->jobs.setup.program);
    }
    helper_jobs_end(&p->jobs, index, &j);
    return j ? fail_job(p, j, r, "wadozip-dicom broke its protocol while reading it") : 0;
}

/* Return the seconds that a worker has left for its job. */
static double helper_pool_time_left(struct helper_pool *p, int index, double now)
{
    const struct worker *w = &p->jobs.workers[index];
    const struct job *j = w->ready && w->held ? helper_jobs_first(&p->jobs, index) : NULL;

    if (!w->child.pid || (w->ready && !j))
        return 3600;
    return w->since + (j ? j->seconds : START_SECONDS) - now;
}

/* End a worker that took too long. Returns 1 with a result, 0 if all are in
 * time, -1 if one could not even start. */
static int expire(struct helper_pool *p, struct helper_result *r, struct err *e)
{
    double now = io_now();

    for (unsigned i = 0; i < p->jobs.worker_count; i++) {
        struct job *j;

        if (helper_pool_time_left(p, (int)i, now) > 0)
            continue;
        helper_jobs_end(&p->jobs, (int)i, &j);
        if (j)
            return fail_job(p, j, r, "took longer than %u seconds", j->seconds);
        return err_set(e, ERR_HELPER, "%s was not ready after %d seconds", p->jobs.setup.program,
                       START_SECONDS);
    }
    return 0;
}

/* Wait until a process is ready, a job is overdue or `until` is reached, then
 * read from all that are ready. */
static int wait_and_listen(struct helper_pool *p, double until, struct helper_result *r,
                           struct err *e)
{
    struct pollfd polled[2 * HELPER_PROCESSES_MAX]; /* the sockets, then the pipes */
    double now = io_now(), wait = until - now;
    unsigned n = p->jobs.worker_count;
    int got = 0;

    for (unsigned i = 0; i < n; i++) {
        double left = helper_pool_time_left(p, (int)i, now);

        polled[i] = (struct pollfd){.fd = p->jobs.workers[i].child.fd, .events = POLLIN};
        polled[n + i] = (struct pollfd){.fd = p->jobs.workers[i].child.log_fd, .events = POLLIN};
        wait = left < wait ? left : wait;
    }
    if (poll(polled, 2 * n, wait <= 0 ? 0 : (int)(wait * 1000) + 1) < 0 && errno != EINTR)
        return err_sys(e, ERR_SYSTEM, "cannot wait for helper processes");
    for (unsigned i = 0; i < n; i++)
        if (polled[n + i].fd >= 0 && polled[n + i].revents)
            helper_process_log(&p->jobs.workers[i].child);
    for (unsigned k = 0; k < n && got == 0; k++) {
        unsigned i = (p->turn + k) % n;

        if (polled[i].fd >= 0 && polled[i].revents)
            got = listen_to(p, (int)i, r, e);
        if (got)
            p->turn = (i + 1) % n;
    }
    return got;
}

int helper_pool_next(struct helper_pool *p, int timeout_ms, struct helper_result *r, struct err *e)
{
    double until = io_now() + (timeout_ms < 0 ? 1e6 : timeout_ms / 1000.0);

    while (p->jobs.job_count > 0) {
        int got;

        if (helper_jobs_dispatch(&p->jobs, e) != 0)
            return -1;
        got = expire(p, r, e);
        got = got ? got : wait_and_listen(p, until, r, e);
        if (got)
            return got;
        if (timeout_ms >= 0 && io_now() >= until)
            return 0;
    }
    return 0;
}

int helper_pool_codec_version(struct helper_pool *p, uint32_t *codec_version, struct err *e)
{
    struct helper_result none = {.fd = -1};

    while (p->codec_version == 0) {
        if (helper_jobs_wake(&p->jobs, e) || expire(p, &none, e) < 0)
            return -1;
        if (wait_and_listen(p, io_now() + START_SECONDS, &none, e) < 0)
            return -1;
    }
    *codec_version = p->codec_version;
    return 0;
}

bool helper_pool_outdated(const struct helper_pool *p)
{
    return p->outdated;
}
