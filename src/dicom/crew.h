/* The children of a pool and the jobs that are with them or wait for one: bookkeeping for proc.c, no results. */
#ifndef WADOZIP_DICOM_CREW_H
#define WADOZIP_DICOM_CREW_H

#include "dicom/child.h"

#define CREW_MAX 256           /* children */
#define CREW_DESCRIBE_AHEAD 8  /* jobs that a child may hold, so that it never waits for its parent */
#define CREW_MAKE_AHEAD 2     /* the same for jobs that make a file */
#define CREW_NOBODY (-1)

struct job {
    uint64_t serial; /* 0: a free place; rising, also the order in which a child answers */
    uint64_t cookie;
    enum proc_kind kind;
    enum proc_packing packing;
    int fds[PROTOCOL_FILES_MAX]; /* kept until the answer, to be sent again when a child dies of another job; -1: none */
    unsigned seconds; /* wall clock and processor time */
    int owner;       /* index of the worker, or CREW_NOBODY while it waits */
    char target[PROC_TARGET_MAX + 1];
};

struct worker {
    struct child child;
    unsigned held;  /* jobs sent and not answered */
    bool ready;     /* has said hello */
    double since;   /* when it began with the first of them, or was started */
};

struct crew {
    struct proc_setup setup; /* strings owned */
    struct worker *workers;
    struct job *jobs;
    unsigned worker_count, job_room, job_count;
    uint64_t last_serial;
};

/* Also raises this process's limit on open files, which the usual 1024 are too few for on machines of many processors. */
int crew_init(struct crew *c, const struct proc_setup *s, struct err *e) MUST_CHECK;
void crew_release(struct crew *c);

/* Makes a job that waits, with a copy of `order`, its descriptors, and time as its file is large. Null without a place. */
struct job *crew_add(struct crew *c, const struct job *order);
void crew_drop(struct crew *c, struct job *j);

/* The oldest job of a worker, or of CREW_NOBODY; null when there is none. */
struct job *crew_first(struct crew *c, int owner);

/* Starts a child where none lives. */
int crew_wake(struct crew *c, struct err *e) MUST_CHECK;

/* Hands waiting jobs to children, starting another one when all that live are busy. */
int crew_dispatch(struct crew *c, struct err *e) MUST_CHECK;

/*
 * Ends a worker and returns its wait status. Its oldest job is the one that harmed it: *culprit, null when it was at
 * none. All its jobs wait for another child until the caller drops that one.
 */
int crew_end(struct crew *c, int index, struct job **culprit);

#endif
