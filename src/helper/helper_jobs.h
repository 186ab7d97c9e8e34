/* SPDX-License-Identifier: MIT */
/* The processes of a pool and their jobs: bookkeeping for helper_pool.c,
 * without results. */
#ifndef WADOZIP_HELPER_HELPER_JOBS_H
#define WADOZIP_HELPER_HELPER_JOBS_H

#include "helper/helper_process.h"

#define HELPER_PROCESSES_MAX 256           /* processes */
#define HELPER_DESCRIBE_AHEAD 8  /* jobs that a process may hold, so that it never waits for its
                                  * parent */
#define HELPER_MAKE_AHEAD 2     /* the same for jobs that make a file */
#define HELPER_UNASSIGNED (-1)

/* Whether what is asked for may be absent, or be pixel data that cannot be
 * uncompressed. */
static inline bool helper_job_takes_values(enum helper_job_kind kind)
{
    return kind == HELPER_EXTRACT || kind == HELPER_FRAMES || kind == HELPER_RENDER ||
           helper_job_is_package(kind);
}

struct job {
    uint64_t serial; /* 0: free; increasing, also the order in which a process replies */
    uint64_t cookie;
    enum helper_job_kind kind;
    enum helper_packing packing;
    int fds[PROTOCOL_FILES_MAX]; /* kept until the reply, so the job can be sent again if its
                                  * process dies of another job; -1: none */
    unsigned seconds; /* elapsed and processor time */
    bool extended;    /* the process has asked for more time */
    int owner;       /* index of the worker, or HELPER_UNASSIGNED while waiting */
    char target[HELPER_TARGET_MAX + 1];
    char profile[DEID_PROFILE_MAX]; /* "": none */
};

#define HELPER_SPARES (2 * HELPER_MAKE_AHEAD)

struct worker {
    struct helper_process child;
    /* empty spool files that only this process has seen, for later jobs */
    int spares[HELPER_SPARES];
    unsigned spare_count;
    unsigned held;  /* jobs sent without a reply */
    bool ready;     /* has sent its first message */
    double since;   /* when it began the first of them, or was started */
};

struct helper_jobs {
    struct helper_setup setup; /* strings owned */
    struct worker *workers;
    struct job *jobs;
    unsigned worker_count, job_room, job_count;
    uint64_t last_serial;
};

/*
 * Initialize the pool. Raises this process's limit on open files, because the
 * usual 1024 are too few on machines with many processors.
 */
int helper_jobs_init(struct helper_jobs *c, const struct helper_setup *s, struct err *e) MUST_CHECK;
void helper_jobs_release(struct helper_jobs *c);

/* Open the memory files for a job's result and its deflated form. */
int helper_jobs_open_results(struct job *order, struct err *e) MUST_CHECK;

/*
 * Add a waiting job: a copy of `order`, its descriptors, and a time limit that
 * depends on the file's size. Returns null if there is no room.
 */
struct job *helper_jobs_add(struct helper_jobs *c, const struct job *order);

/* Remove a job. Closes its files; spool files that are still empty are kept for
 * its process. */
void helper_jobs_drop(struct helper_jobs *c, struct job *j);

/* Return the oldest job of a worker, or of HELPER_UNASSIGNED; null if it has
 * none. */
struct job *helper_jobs_first(struct helper_jobs *c, int owner);

/* Start a process if none is running. */
int helper_jobs_wake(struct helper_jobs *c, struct err *e) MUST_CHECK;

/*
 * Send waiting jobs to processes, each with unlinked files in the spool folder
 * for results that are too large for memory. Starts another process if all are
 * busy.
 */
int helper_jobs_dispatch(struct helper_jobs *c, struct err *e) MUST_CHECK;

/*
 * End a worker and return its wait status. Sets *culprit to its oldest job,
 * which caused the end, or to null if it had none. Its jobs wait for another
 * process until the caller drops the culprit.
 */
int helper_jobs_end(struct helper_jobs *c, int index, struct job **culprit);

#endif
