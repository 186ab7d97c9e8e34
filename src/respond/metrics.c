/* SPDX-License-Identifier: MIT */
#include "respond/metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/spool.h"

/* raise it with each change of struct metrics_table: it is part of the file's
 * name */
#define VERSION 1
#define STATUSES (sizeof statuses / sizeof *statuses)
#define BUCKETS (sizeof bounds / sizeof *bounds)
#define PROCESSES 1024

/* 0: no status line, or another status than these. */
static const int statuses[] = {0,   200, 204, 206, 304, 400, 401, 404, 405, 406, 410,
                               412, 413, 414, 416, 422, 429, 500, 501, 503};
static const double bounds[] = {0.01, 0.1, 1, 10, 60, 600, 3600}; /* seconds */
static const char *const forms[METRICS_FORMS] = {"archive",  "multipart", "bulkdata",
                                                 "metadata", "table",     "frames",
                                                 "rendered", "search",    "other"};

/* A worker; pid 0: a free place. */
struct process {
    int32_t pid;
    int32_t busy;
};

/* Counters are changed by atomic operations only. A new file is all zeros. */
struct metrics_table {
    uint64_t requests[METRICS_FORMS][STATUSES], bytes[METRICS_FORMS];
    uint64_t aborted, conversions, microseconds;
    uint64_t within[BUCKETS + 1]; /* requests by duration; the last: longer than all bounds */
    struct process processes[PROCESSES];
};

static struct metrics_table *table;
static struct process *self;

/* Map the counters in a file; flags MAP_ANONYMOUS: in new memory. */
static void map_table(int flags, int fd)
{
    table = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd, 0);
    if (table == MAP_FAILED)
        table = NULL;
}

int metrics_share(struct err *e)
{
    int fd = -1;

    if (!table)
        map_table(MAP_ANONYMOUS, fd);
    return table ? 0 : err_sys(e, ERR_SYSTEM, "no memory left for metrics");
}

static int map_file(const char *spool, const char *service, struct err *e)
{
    char name[64];
    int fd;

    snprintf(name, sizeof name, "wadozip-%lu-%08x.metrics%d", (unsigned long)geteuid(),
             (unsigned)crc_update(0, service, strlen(service)), VERSION);
    fd = spool_named_file(spool, name, e);
    if (fd < 0)
        return -1;
    if (ftruncate(fd, sizeof *table) == 0)
        map_table(0, fd);
    if (!table)
        err_sys(e, ERR_SYSTEM, "cannot map %s", name);
    io_close(&fd);
    return table ? 0 : -1;
}

/* A process of another account cannot be signalled, but exists. */
static bool lives(int32_t pid)
{
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

/* Take a free place or that of a dead process. Without one the worker is not
 * counted. */
static struct process *register_self(void)
{
    int32_t own = (int32_t)getpid();

    for (size_t i = 0; i < PROCESSES; i++) {
        struct process *p = &table->processes[i];
        int32_t pid = __atomic_load_n(&p->pid, __ATOMIC_RELAXED);

        if (lives(pid) && pid != own)
            continue;
        if (__atomic_compare_exchange_n(&p->pid, &pid, own, false, __ATOMIC_ACQ_REL,
                                        __ATOMIC_RELAXED)) {
            __atomic_store_n(&p->busy, 0, __ATOMIC_RELAXED);
            return p;
        }
    }
    return NULL;
}

int metrics_open(const char *spool, const char *service, struct err *e)
{
    if (!table && map_file(spool, service, e))
        return -1;
    self = register_self();
    return 0;
}

void metrics_close(void)
{
    if (self)
        __atomic_store_n(&self->pid, 0, __ATOMIC_RELEASE);
    self = NULL;
    if (table)
        munmap(table, sizeof *table);
    table = NULL;
}

static void metrics_add(uint64_t *counter, uint64_t n)
{
    __atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static uint64_t metrics_value(const uint64_t *counter)
{
    return __atomic_load_n(counter, __ATOMIC_RELAXED);
}

void metrics_begin(void)
{
    if (self)
        __atomic_store_n(&self->busy, 1, __ATOMIC_RELAXED);
}

static size_t status_at(int status)
{
    for (size_t i = 1; i < STATUSES; i++)
        if (statuses[i] == status)
            return i;
    return 0;
}

static size_t bucket_of(double seconds)
{
    size_t i = 0;

    while (i < BUCKETS && seconds > bounds[i])
        i++;
    return i;
}

void metrics_end(const struct metrics_request *r)
{
    if (self)
        __atomic_store_n(&self->busy, 0, __ATOMIC_RELAXED);
    if (!table)
        return;
    metrics_add(&table->requests[r->form][status_at(r->status)], 1);
    metrics_add(&table->bytes[r->form], r->bytes);
    metrics_add(&table->aborted, !r->complete);
    metrics_add(&table->microseconds, r->seconds > 0 ? (uint64_t)(r->seconds * 1e6) : 0);
    metrics_add(&table->within[bucket_of(r->seconds)], 1);
}

const char *metrics_form_name(enum metrics_form form)
{
    return forms[form];
}

void metrics_conversion(void)
{
    if (table)
        metrics_add(&table->conversions, 1);
}

static void put_help(struct buf *out, const char *name, const char *type, const char *help)
{
    buf_printf(out, "# HELP wadozip_%s %s\n# TYPE wadozip_%s %s\n", name, help, name, type);
}

static void put_metric(struct buf *out, const char *name, const char *type, const char *help,
                       uint64_t n)
{
    put_help(out, name, type, help);
    buf_printf(out, "wadozip_%s %llu\n", name, (unsigned long long)n);
}

static void write_requests(const struct metrics_table *t, struct buf *out)
{
    put_help(out, "requests_total", "counter",
             "Requests by content and status of the response (0: none of the known ones).");
    for (size_t f = 0; f < METRICS_FORMS; f++)
        for (size_t s = 0; s < STATUSES; s++)
            if (metrics_value(&t->requests[f][s]))
                buf_printf(out, "wadozip_requests_total{form=\"%s\",status=\"%d\"} %llu\n",
                           forms[f], statuses[s],
                           (unsigned long long)metrics_value(&t->requests[f][s]));
    put_help(out, "response_bytes_total", "counter",
             "Bytes sent to the web server, with header fields.");
    for (size_t f = 0; f < METRICS_FORMS; f++)
        buf_printf(out, "wadozip_response_bytes_total{form=\"%s\"} %llu\n", forms[f],
                   (unsigned long long)metrics_value(&t->bytes[f]));
}

static void write_durations(const struct metrics_table *t, struct buf *out)
{
    uint64_t sum = 0;

    put_help(out, "request_seconds", "histogram",
             "Time from the request to the last byte of the response.");
    for (size_t i = 0; i < BUCKETS; i++) {
        sum += metrics_value(&t->within[i]);
        buf_printf(out, "wadozip_request_seconds_bucket{le=\"%g\"} %llu\n", bounds[i],
                   (unsigned long long)sum);
    }
    sum += metrics_value(&t->within[BUCKETS]);
    buf_printf(
        out,
        "wadozip_request_seconds_bucket{le=\"+Inf\"} %llu\nwadozip_request_seconds_sum %.6f\n"
        "wadozip_request_seconds_count %llu\n",
        (unsigned long long)sum, (double)metrics_value(&t->microseconds) / 1e6,
        (unsigned long long)sum);
}

/* Without shared counters all are 0. */
void metrics_write(struct buf *out)
{
    /* not const: an atomic load may write on 32-bit processors */
    static struct metrics_table nothing;
    const struct metrics_table *t = table ? table : &nothing;
    uint64_t workers = 0, busy = 0;

    for (size_t i = 0; i < PROCESSES; i++) {
        bool alive = lives(__atomic_load_n(&t->processes[i].pid, __ATOMIC_RELAXED));

        workers += alive;
        busy += alive && __atomic_load_n(&t->processes[i].busy, __ATOMIC_RELAXED);
    }
    put_help(out, "info", "gauge", "The program's version.");
    buf_str(out, "wadozip_info{version=\"" WADOZIP_VERSION "\"} 1\n");
    put_metric(out, "workers", "gauge", "Worker processes.", workers);
    put_metric(out, "busy_workers", "gauge", "Workers that serve a request, this one included.",
               busy);
    write_requests(t, out);
    put_metric(out, "aborted_total", "counter",
               "Responses that the client does not have completely.", metrics_value(&t->aborted));
    put_metric(out, "conversions_total", "counter", "Instances converted for a response.",
               metrics_value(&t->conversions));
    write_durations(t, out);
}
