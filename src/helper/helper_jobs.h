/* SPDX-License-Identifier: MIT */
/* The children of a pool and the jobs that are with them or wait for one: bookkeeping for helper_pool.c, no results. */
#ifndef WADOZIP_HELPER_HELPER_JOBS_H
#define WADOZIP_HELPER_HELPER_JOBS_H

#include "helper/helper_process.h"

#define HELPER_PROCESSES_MAX 256           /* children */
#define HELPER_DESCRIBE_AHEAD 8  /* jobs that a child may hold, so that it never waits for its parent */
#define HELPER_MAKE_AHEAD 2     /* the same for jobs that make a file */
#define HELPER_UNASSIGNED (-1)

struct job {
    uint64_t serial; /* 0: a free place; rising, also the order in which a child answers */
    uint64_t cookie;
    enum helper_job_kind kind;
    enum helper_packing packing;
    int fds[PROTOCOL_FILES_MAX]; /* kept until the answer, to be sent again when a child dies of another job; -1: none */
    unsigned seconds; /* wall clock and processor time */
    bool extended;    /* the child has taken more of it */
    int owner;       /* index of the worker, or HELPER_UNASSIGNED while it waits */
    char target[HELPER_TARGET_MAX + 1];
};

struct worker {
    struct helper_process child;
    unsigned held;  /* jobs sent and not answered */
    bool ready;     /* has said hello */
    double since;   /* when it began with the first of them, or was started */
};

struct helper_jobs {
    struct helper_setup setup; /* strings owned */
    struct worker *workers;
    struct job *jobs;
    unsigned worker_count, job_room, job_count;
    uint64_t last_serial;
};

/* Also raises this process's limit on open files, which the usual 1024 are too few for on machines of many processors. */
int helper_jobs_init(struct helper_jobs *c, const struct helper_setup *s, struct err *e) MUST_CHECK;
void helper_jobs_release(struct helper_jobs *c);

/* Opens what a job's result, and the same deflated, may be written to: in memory and unlinked in the spool folder. */
int helper_jobs_open_results(const struct helper_jobs *c, struct job *order, struct err *e) MUST_CHECK;

/* Makes a job that waits, with a copy of `order`, its descriptors, and time as its file is large. Null without a place. */
struct job *helper_jobs_add(struct helper_jobs *c, const struct job *order);
void helper_jobs_drop(struct helper_jobs *c, struct job *j);

/* The oldest job of a worker, or of HELPER_UNASSIGNED; null when there is none. */
struct job *helper_jobs_first(struct helper_jobs *c, int owner);

/* Starts a child where none lives. */
int helper_jobs_wake(struct helper_jobs *c, struct err *e) MUST_CHECK;

/* Hands waiting jobs to children, starting another one when all that live are busy. */
int helper_jobs_dispatch(struct helper_jobs *c, struct err *e) MUST_CHECK;

/*
 * Ends a worker and returns its wait status. Its oldest job is the one that harmed it: *culprit, null when it was at
 * none. All its jobs wait for another child until the caller drops that one.
 */
int helper_jobs_end(struct helper_jobs *c, int index, struct job **culprit);

#endif
