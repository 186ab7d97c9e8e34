/* SPDX-License-Identifier: MIT */
#include "helper/helper_jobs.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/spool.h"

#define FILES_MAX 65536 /* more than HELPER_PROCESSES_MAX processes ever need, several times */

/*
 * Allow as many descriptors as possible. Each file of a running job is open
 * here and at the caller, and the kernel counts descriptors in transit, of all
 * processes of the account, against the limit of the sender.
 */
static void allow_files(void)
{
    struct rlimit l;

    if (getrlimit(RLIMIT_NOFILE, &l) != 0 || l.rlim_cur >= FILES_MAX)
        return;
    l.rlim_cur = l.rlim_max < FILES_MAX ? l.rlim_max : FILES_MAX;
    (void)setrlimit(RLIMIT_NOFILE, &l); /* continue with fewer on failure */
}

int helper_jobs_init(struct helper_jobs *c, const struct helper_setup *s, struct err *e)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = s->children ? s->children : processors > 0 ? (unsigned)processors : 1;

    n = n > HELPER_PROCESSES_MAX ? HELPER_PROCESSES_MAX : n;
    allow_files();
    *c =
        (struct helper_jobs){.setup = *s, .worker_count = n, .job_room = n * HELPER_DESCRIBE_AHEAD};
    c->setup.program = strdup(s->program);
    c->setup.spool = strdup(s->spool ? s->spool : "");
    c->workers = calloc(n, sizeof *c->workers);
    c->jobs = calloc(c->job_room, sizeof *c->jobs);
    if (!c->setup.program || !c->setup.spool || !c->workers || !c->jobs) {
        helper_jobs_release(c);
        return err_set(e, ERR_MEMORY, "no memory left for helper processes");
    }
    for (unsigned i = 0; i < n; i++)
        c->workers[i].child.fd = c->workers[i].child.log_fd = -1;
    return 0;
}

static size_t results_of(const struct job *j)
{
    return !helper_job_makes_file(j->kind) ? 0 : helper_packs(j->packing) ? 2 : 1;
}

/* Creating and deleting files is slow on some file systems, and most results
 * need none. */
static int open_spools(const struct helper_jobs *c, struct job *j, struct worker *w, struct err *e)
{
    for (size_t i = 0; i < results_of(j); i++) {
        int *fd = &j->fds[PROTOCOL_SPOOL + 2 * i];

        if (*fd < 0)
            *fd = w->spare_count ? w->spares[--w->spare_count]
                                 : spool_unlinked_file(c->setup.spool, e);
        if (*fd < 0)
            return -1;
    }
    return 0;
}

static void keep_spools(struct job *j, struct worker *w)
{
    struct stat st;

    for (size_t i = 0; i < results_of(j); i++) {
        int *fd = &j->fds[PROTOCOL_SPOOL + 2 * i];

        if (*fd < 0 || w->spare_count == HELPER_SPARES || fstat(*fd, &st) != 0 || st.st_size != 0)
            continue;
        w->spares[w->spare_count++] = *fd;
        *fd = -1;
    }
}

static int end_process(struct worker *w)
{
    while (w->spare_count)
        io_close(&w->spares[--w->spare_count]);
    return helper_process_end(&w->child);
}

void helper_jobs_release(struct helper_jobs *c)
{
    for (unsigned i = 0; c->jobs && i < c->job_room; i++)
        if (c->jobs[i].serial)
            helper_jobs_drop(c, &c->jobs[i]);
    for (unsigned i = 0; c->workers && i < c->worker_count; i++)
        end_process(&c->workers[i]);
    free(c->workers);
    free(c->jobs);
    free((char *)c->setup.program);
    free((char *)c->setup.spool);
}

/* Return the time limit of a job. Adds time to read the file from a slow disk
 * or network. */
static unsigned seconds_for(const struct helper_jobs *c, int fd)
{
    struct stat st;
    uint64_t bytes = fstat(fd, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
    uint64_t more = bytes / HELPER_BYTES_A_SECOND;

    return c->setup.seconds +
           (more < HELPER_SECONDS_MORE_MAX ? (unsigned)more : HELPER_SECONDS_MORE_MAX);
}

/* Create a memory file that the child can fill and truncate, but not extend. */
static int open_memory(int *fd, struct err *e)
{
    *fd = memfd_create("result", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (*fd < 0 || ftruncate(*fd, PROTOCOL_MEMORY_FILE) != 0)
        return err_sys(e, ERR_SYSTEM, "cannot make a memory file");
    if (fcntl(*fd, F_ADD_SEALS, F_SEAL_GROW) != 0)
        return err_sys(e, ERR_SYSTEM, "cannot seal a memory file");
    return 0;
}

int helper_jobs_open_results(struct job *order, struct err *e)
{
    for (size_t i = 0; i < results_of(order); i++)
        if (open_memory(&order->fds[PROTOCOL_MEMORY + 2 * i], e))
            return -1;
    return 0;
}

struct job *helper_jobs_add(struct helper_jobs *c, const struct job *order)
{
    struct job *j = NULL;

    for (unsigned i = 0; i < c->job_room && !j; i++)
        if (!c->jobs[i].serial)
            j = &c->jobs[i];
    if (!j)
        return NULL;
    *j = *order;
    j->serial = ++c->last_serial;
    j->seconds = seconds_for(c, j->fds[0]);
    j->owner = HELPER_UNASSIGNED;
    c->job_count++;
    return j;
}

void helper_jobs_drop(struct helper_jobs *c, struct job *j)
{
    if (j->owner != HELPER_UNASSIGNED)
        keep_spools(j, &c->workers[j->owner]);
    for (size_t i = 0; i < PROTOCOL_FILES_MAX; i++)
        io_close(&j->fds[i]);
    j->serial = 0;
    c->job_count--;
}

struct job *helper_jobs_first(struct helper_jobs *c, int owner)
{
    struct job *first = NULL;

    for (unsigned i = 0; i < c->job_room; i++) {
        struct job *j = &c->jobs[i];

        if (j->serial && j->owner == owner && (!first || j->serial < first->serial))
            first = j;
    }
    return first;
}

/*
 * Return the living worker with the fewest jobs that can take another of this
 * kind, or HELPER_UNASSIGNED if all are full.
 */
static int pick_worker(const struct helper_jobs *c, enum helper_job_kind kind)
{
    unsigned most = helper_job_makes_file(kind) ? HELPER_MAKE_AHEAD : HELPER_DESCRIBE_AHEAD;
    int best = HELPER_UNASSIGNED;

    for (unsigned i = 0; i < c->worker_count; i++) {
        const struct worker *w = &c->workers[i];

        if (w->child.pid && w->held < most &&
            (best == HELPER_UNASSIGNED || w->held < c->workers[best].held))
            best = (int)i;
    }
    return best;
}

static int start_worker(struct helper_jobs *c, int *started, struct err *e)
{
    for (unsigned i = 0; i < c->worker_count; i++) {
        struct worker *w = &c->workers[i];

        if (w->child.pid)
            continue;
        if (helper_process_start(&w->child, &c->setup, e) != 0)
            return -1;
        w->held = 0;
        w->ready = false;
        w->since = io_now();
        *started = (int)i;
        return 0;
    }
    return 0;
}

int helper_jobs_wake(struct helper_jobs *c, struct err *e)
{
    int unused;

    for (unsigned i = 0; i < c->worker_count; i++)
        if (c->workers[i].child.pid)
            return 0;
    return start_worker(c, &unused, e);
}

static bool send_job(struct helper_jobs *c, struct job *j, int owner)
{
    struct worker *w = &c->workers[owner];
    struct protocol_job message = {.magic = PROTOCOL_MAGIC,
                                   .kind = j->kind,
                                   .serial = j->serial,
                                   .seconds = j->seconds,
                                   .deflate = j->kind == HELPER_DESCRIBE ? c->setup.deflate
                                                                         : (uint32_t)j->packing};

    snprintf(message.target, sizeof message.target, "%s", j->target);
    snprintf(message.profile, sizeof message.profile, "%s", j->profile);
    if (!helper_process_send(&w->child, &message, j->fds))
        return false;
    j->owner = owner;
    if (w->held++ == 0 && w->ready)
        w->since = io_now();
    return true;
}

int helper_jobs_end(struct helper_jobs *c, int index, struct job **culprit)
{
    struct worker *w = &c->workers[index];

    *culprit = w->ready ? helper_jobs_first(c, index) : NULL;
    for (unsigned i = 0; i < c->job_room; i++)
        if (c->jobs[i].serial && c->jobs[i].owner == index)
            c->jobs[i].owner = HELPER_UNASSIGNED;
    w->held = 0;
    w->ready = false;
    return end_process(w);
}

int helper_jobs_dispatch(struct helper_jobs *c, struct err *e)
{
    struct job *j;

    while ((j = helper_jobs_first(c, HELPER_UNASSIGNED)) != NULL) {
        int to = pick_worker(c, j->kind);

        if ((to == HELPER_UNASSIGNED || c->workers[to].held > 0) && start_worker(c, &to, e) != 0) {
            if (to == HELPER_UNASSIGNED)
                return -1;
            err_clear(e); /* the living ones can do it later */
        }
        if (to == HELPER_UNASSIGNED)
            return 0;
        if (open_spools(c, j, &c->workers[to], e))
            return -1;
        if (!send_job(c, j, to)) {
            struct job *none;

            keep_spools(j, &c->workers[to]);
            if (c->workers[to].held > 0 || !c->workers[to].ready)
                return 0; /* full, or dying, which poll() will report */
            helper_jobs_end(c, to, &none);
        }
    }
    return 0;
}

