#include "dicom/proc.h"

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
#include "dicom/crew.h"

#define START_SECONDS 60

struct proc_pool {
    struct crew crew;
    uint32_t recipe; /* of its children; 0 before the first has told it */
    bool outdated;   /* a later one told another */
    unsigned char keys[MEDIA_KEYS_MAX]; /* of the result that was told last */
    unsigned turn; /* the worker that is looked at first, so that none is starved */
};

struct proc_setup proc_setup_of(const struct conf *c)
{
    return (struct proc_setup){.program = c->helper,
                               .spool = c->spool,
                               .children = (unsigned)c->helpers,
                               .memory = c->helper_memory,
                               .lenient_uids = c->lenient_uids != 0,
                               .seconds = (unsigned)c->helper_seconds};
}

int proc_open(const struct proc_setup *s, struct proc_pool **out, struct err *e)
{
    struct proc_pool *p = calloc(1, sizeof *p);

    *out = NULL;
    if (!p)
        return err_set(e, ERR_MEMORY, "no memory left for helper processes");
    if (crew_init(&p->crew, s, e) != 0) {
        free(p);
        return -1;
    }
    *out = p;
    return 0;
}

void proc_close(struct proc_pool *p)
{
    if (!p)
        return;
    crew_release(&p->crew);
    free(p);
}

unsigned proc_room(const struct proc_pool *p)
{
    return p->crew.job_room - p->crew.job_count;
}

/* Unlinked files for a result that is too large for memory, and for the same deflated. */
static int open_spools(const struct crew *c, struct job *order, struct err *e)
{
    size_t count = !proc_makes_file(order->kind) ? 1 : order->packing == PROC_PACK_NOTHING ? 2 : 3;

    for (size_t i = 1; i < count; i++) {
        order->fds[i] = open(c->setup.spool, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
        if (order->fds[i] < 0)
            return err_sys(e, ERR_SYSTEM, "cannot make a temporary file in the spool folder %s", c->setup.spool);
    }
    return 0;
}

static int add_job(struct crew *c, struct job *order, struct job **j, struct err *e)
{
    int rc = 0;

    if (fcntl(order->fds[0], F_GETFD) < 0)
        rc = err_sys(e, ERR_SYSTEM, "cannot hand a file to %s", c->setup.program);
    else
        rc = open_spools(c, order, e);
    *j = rc ? NULL : crew_add(c, order);
    if (*j)
        return 0;
    for (size_t i = 0; i < PROTOCOL_FILES_MAX; i++)
        io_close(&order->fds[i]);
    return err_set(e, ERR_BUSY, "all helper processes are busy");
}

static int submit(struct proc_pool *p, struct job *order, struct err *e)
{
    struct job *j;

    if (add_job(&p->crew, order, &j, e) != 0)
        return -1;
    if (crew_dispatch(&p->crew, e) == 0)
        return 0;
    if (j->owner == CREW_NOBODY)
        crew_drop(&p->crew, j);
    return -1;
}

int proc_submit(struct proc_pool *p, enum proc_kind kind, int fd_take, const char *target, uint64_t cookie,
                struct err *e)
{
    struct job order = {.cookie = cookie, .kind = kind, .fds = {fd_take, -1, -1}};

    snprintf(order.target, sizeof order.target, "%s", target ? target : "");
    return submit(p, &order, e);
}

int proc_convert(struct proc_pool *p, int fd_take, const char *target, enum proc_packing packing, uint64_t cookie,
                 struct err *e)
{
    struct job order = {.cookie = cookie, .kind = PROC_CONVERT, .packing = packing, .fds = {fd_take, -1, -1}};

    snprintf(order.target, sizeof order.target, "%s", target);
    return submit(p, &order, e);
}

static void begin_result(const struct job *j, struct proc_result *r)
{
    *r = (struct proc_result){.cookie = j->cookie, .kind = j->kind, .fd = -1};
}

__attribute__((format(printf, 4, 5)))
static int fail_job(struct proc_pool *p, struct job *j, struct proc_result *r, const char *format, ...)
{
    va_list args;

    begin_result(j, r);
    r->class = PROC_FAILED;
    va_start(args, format);
    vsnprintf(r->reason, sizeof r->reason, format, args);
    va_end(args);
    crew_drop(&p->crew, j);
    return 1;
}

/* Tells of a child that ended by itself: 1 with its job's result, 0 when it had none, -1 when it cannot even start. */
static int bury(struct proc_pool *p, int index, struct proc_result *r, struct err *e)
{
    bool was_ready = p->crew.workers[index].ready;
    struct job *j;
    int status = crew_end(&p->crew, index, &j);

    if (!was_ready)
        return err_set(e, ERR_HELPER, "%s cannot start (wait status %d); it says why on standard error",
                       p->crew.setup.program, status);
    if (!j)
        return 0;
    if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == PROTOCOL_EXIT_MEMORY)
        return fail_job(p, j, r, "needs more than %" PRIu64 " bytes of memory", p->crew.setup.memory);
    if (status != -1 && WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
        return fail_job(p, j, r, "took longer than %u seconds of processor time", j->seconds);
    if (status != -1 && WIFSIGNALED(status))
        return fail_job(p, j, r, "wadozip-dicom was killed by signal %d while reading it", WTERMSIG(status));
    return fail_job(p, j, r, "wadozip-dicom ended (wait status %d) while reading it", status);
}

/* What was made, as promised: a sealed memory file, or what was put into the spool file; of the told size. */
static bool take_result(struct job *j, const struct protocol_reply *reply, int *fd)
{
    bool packed = (reply->flags & PROTOCOL_PACKED) != 0;
    int *spool = &j->fds[packed ? 2 : 1];
    struct stat st;

    if (reply->flags & PROTOCOL_SPOOLED) {
        io_close(fd);
        *fd = *spool;
        *spool = -1;
    } else if (!child_sealed(*fd)) {
        return false;
    }
    return *fd >= 0 && fstat(*fd, &st) == 0 && S_ISREG(st.st_mode) && (!packed || j->packing != PROC_PACK_NOTHING) &&
           (uint64_t)st.st_size == (packed ? reply->deflated : reply->size);
}

static int take_reply(struct proc_pool *p, struct worker *w, struct job *j, const struct protocol_reply *reply, int fd,
                      struct proc_result *r)
{
    bool made = reply->file_class == PROC_INSTANCE;
    bool takes_values = j->kind == PROC_EXTRACT || proc_makes_package(j->kind);
    bool foreign = (reply->file_class > PROC_FAILED && !takes_values) || (reply->keys && j->kind != PROC_DESCRIBE);

    begin_result(j, r);
    if (foreign ||
        (proc_makes_file(j->kind) && made ? !take_result(j, reply, &fd)
                                          : fd >= 0 || (made && j->kind == PROC_DESCRIBE && !child_has_uids(reply)))) {
        io_close(&fd);
        return -1;
    }
    r->class = (enum proc_class)reply->file_class;
    r->size = reply->size;
    r->crc = reply->crc;
    r->deflated = reply->deflated;
    r->packed = (reply->flags & PROTOCOL_PACKED) != 0;
    r->packed_crc = r->packed ? reply->packed_crc : reply->crc;
    r->source_crc = reply->source_crc;
    r->default_size = reply->default_size;
    r->fd = fd;
    r->description = reply->description;
    r->keys = p->keys;
    r->key_bytes = reply->keys;
    memcpy(r->reason, reply->reason, sizeof r->reason);
    crew_drop(&p->crew, j);
    w->held--;
    w->since = io_now();
    return 1;
}

/* What is made under two recipes is never mixed: sizes that one promised need not be the other's. */
static int greet(struct proc_pool *p, int index, uint32_t recipe, struct err *e)
{
    struct worker *w = &p->crew.workers[index];
    struct job *none;

    if (p->recipe == 0 && recipe <= INT32_MAX)
        p->recipe = recipe;
    if (recipe == p->recipe && recipe != 0) {
        w->ready = true;
        w->since = io_now();
        return 0;
    }
    p->outdated = true;
    crew_end(&p->crew, index, &none);
    return err_set(e, ERR_BUSY, "%s, or a library of it, was replaced: what it makes now is not what it made before",
                   p->crew.setup.program);
}

/* Reads from a child that poll() pointed at: 1 with a result, 0 without, -1 on an error of the pool. */
static int listen_to(struct proc_pool *p, int index, struct proc_result *r, struct err *e)
{
    struct worker *w = &p->crew.workers[index];
    struct job *j = crew_first(&p->crew, index);
    struct protocol_reply reply;
    int fd;
    enum child_event event = child_receive(&w->child, &reply, p->keys, &fd);

    if (event == CHILD_NOTHING)
        return 0;
    if (event == CHILD_GONE)
        return bury(p, index, r, e);
    if (event == CHILD_REPLY && !w->ready && reply.serial == PROTOCOL_HELLO && fd < 0)
        return greet(p, index, reply.crc, e);
    if (event == CHILD_REPLY && w->ready && j && reply.serial == j->serial &&
        take_reply(p, w, j, &reply, fd, r) == 1)
        return 1;
    if (!w->ready) {
        crew_end(&p->crew, index, &j);
        return err_set(e, ERR_HELPER, "%s does not speak the protocol of this version", p->crew.setup.program);
    }
    crew_end(&p->crew, index, &j);
    return j ? fail_job(p, j, r, "wadozip-dicom broke its protocol while reading it") : 0;
}

/* Seconds that a worker still has for what it is at. */
static double time_left(struct proc_pool *p, int index, double now)
{
    const struct worker *w = &p->crew.workers[index];
    const struct job *j = w->ready && w->held ? crew_first(&p->crew, index) : NULL;

    if (!w->child.pid || (w->ready && !j))
        return 3600;
    return w->since + (j ? j->seconds : START_SECONDS) - now;
}

/* Ends a worker that took too long: 1 with a result, 0 when all are in time, -1 when one did not even start. */
static int expire(struct proc_pool *p, struct proc_result *r, struct err *e)
{
    double now = io_now();

    for (unsigned i = 0; i < p->crew.worker_count; i++) {
        struct job *j;

        if (time_left(p, (int)i, now) > 0)
            continue;
        crew_end(&p->crew, (int)i, &j);
        if (j)
            return fail_job(p, j, r, "took longer than %u seconds", j->seconds);
        return err_set(e, ERR_HELPER, "%s was not ready after %d seconds", p->crew.setup.program, START_SECONDS);
    }
    return 0;
}

/* Waits until a child has something to say, a job is overdue or `until` is reached; then hears all that speak. */
static int wait_and_listen(struct proc_pool *p, double until, struct proc_result *r, struct err *e)
{
    struct pollfd polled[CREW_MAX];
    double now = io_now(), wait = until - now;
    unsigned n = p->crew.worker_count;
    int got = 0;

    for (unsigned i = 0; i < n; i++) {
        double left = time_left(p, (int)i, now);

        polled[i] = (struct pollfd){.fd = p->crew.workers[i].child.fd, .events = POLLIN};
        wait = left < wait ? left : wait;
    }
    if (poll(polled, n, wait <= 0 ? 0 : (int)(wait * 1000) + 1) < 0 && errno != EINTR)
        return err_sys(e, ERR_SYSTEM, "cannot wait for helper processes");
    for (unsigned k = 0; k < n && got == 0; k++) {
        unsigned i = (p->turn + k) % n;

        if (polled[i].fd >= 0 && polled[i].revents)
            got = listen_to(p, (int)i, r, e);
        if (got)
            p->turn = (i + 1) % n;
    }
    return got;
}

int proc_next(struct proc_pool *p, int timeout_ms, struct proc_result *r, struct err *e)
{
    double until = io_now() + (timeout_ms < 0 ? 1e6 : timeout_ms / 1000.0);

    while (p->crew.job_count > 0) {
        int got;

        if (crew_dispatch(&p->crew, e) != 0)
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

int proc_recipe(struct proc_pool *p, uint32_t *recipe, struct err *e)
{
    struct proc_result none = {.fd = -1};

    while (p->recipe == 0) {
        if (crew_wake(&p->crew, e) || expire(p, &none, e) < 0 || wait_and_listen(p, io_now() + START_SECONDS, &none, e) < 0)
            return -1;
    }
    *recipe = p->recipe;
    return 0;
}

bool proc_outdated(const struct proc_pool *p)
{
    return p->outdated;
}
