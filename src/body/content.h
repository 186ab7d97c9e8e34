/* SPDX-License-Identifier: MIT */
/* The source of the members' bytes: checked files of the store, or conversions
 * made ahead within a bound. */
#ifndef WADOZIP_BODY_CONTENT_H
#define WADOZIP_BODY_CONTENT_H

#include "body/cache.h"
#include "body/content_learn.h"
#include "body/deflate_stream.h"
#include "body/file_source.h"
#include "body/splices.h"
#include "helper/helper_pool.h"
#include "plan/plan_progress.h"
#include "store/stat_pool.h"

struct content {
    const struct plan *plan;
    struct plan_progress *progress;   /* takes everything that becomes known */
    struct file_source source;
    struct deflate_stream *pack;      /* made when the first deflated member is sent */
    unsigned threads;                 /* for it; 0: one per processor */
    struct helper_pool *pool; /* null if no member is converted */
    struct cache *cache;    /* null: no cache */
    struct splices splices; /* headers of PLAN_SPLICED members (splice.h) */
    struct content_learn learn;
    struct content_job *jobs;  /* conversions in member order: a ring of at most CONTENT_JOBS_MAX */
    size_t next_job, job_count, next_member; /* next_member: the next one to check for conversion */
    uint64_t ahead;         /* bytes of files of the jobs, without the current one */
    struct stat_pool *stat_pool;    /* null: files are checked in this thread */
    unsigned slow_looks;    /* the last ones that were timed were slow */
    /* members whose files were checked or submitted to the stat pool; objects are
     * checked together, later */
    size_t looked;
    size_t check_first;     /* the first member whose file is checked */
    bool slow, odd;         /* use the stat pool; the next file differs from its record */
    /* files of members from there on are not checked before the status line */
    size_t check_end;
    bool only_unknown;      /* members whose size and CRC-32 are known are not converted ahead */
    double deadline;        /* io_now() limit for waiting; 0: none */
    size_t failed;          /* index + 1 of the member that failed; 0: none */
    uint64_t tag;           /* high half of the cookies of these jobs */
};

#define CONTENT_JOBS_MAX 16
/* bytes converted ahead; a single larger member is allowed */
#define CONTENT_AHEAD_MAX ((uint64_t)256 << 20)

struct content_data {
    int fd;        /* owned by content until content_done() */
    bool kept;     /* stays open for further ranges of this member */
    bool deflate;  /* deflate_stream_send() sends it; at and crc are of the file */
    uint64_t at;   /* offset of the bytes in the file */
    uint64_t size; /* bytes in the body */
    uint32_t crc;  /* of these */
};

/* g->plan need not be finished. `learn` may be null. All others must outlive
 * the content. */
void content_init(struct content *f, struct plan_progress *g, struct store *s,
                  struct helper_pool *pool, const struct content_learn *learn);
void content_release(struct content *f);

/* Check the files of members added since the last call, while rows still
 * arrive. Those that differ from their record are left to content_check(). With
 * a stat pool this only submits checks. */
void content_look(struct content *f);

/* Check every file before the status line: it exists, is regular and has the
 * recorded size; if only its time differs, its CRC-32 is compared. Fails with
 * ERR_DATA and the name of the first file that differs; *bad is their number.
 * ERR_AWAY, ERR_SYSTEM and ERR_MEMORY end the check at once. */
int content_check(struct content *f, uint64_t *bad, struct err *e) MUST_CHECK;

/* Let content_check() check only the files of members of [first, end): no
 * others are sent. */
void content_check_only(struct content *f, size_t first, size_t end);

/* Return whether the file of member i still has the recorded content. Reads all
 * of it. */
bool content_is_unchanged(struct content *f, size_t i);

/* Before the status line: wait until member i, which is converted, is made, so
 * that an error becomes a status. Starts members up to `last`. Completes the
 * progress of member i, as content_open(). Fails with ERR_HELPER also if one of
 * the others has failed by then; for bulk data with ERR_NOT_FOUND if there is
 * no such element, with ERR_NOT_ACCEPTABLE if it cannot be decoded. */
int content_begin(struct content *f, size_t i, size_t last, struct err *e) MUST_CHECK;

/* Return whether converted member i is available without waiting. If not, flush
 * first. */
int content_ready(struct content *f, size_t i, bool *ready, struct err *e) MUST_CHECK;

/* Return the data of member i. Members from i to `last` are requested next and
 * may be prepared. Call in increasing order; going back is allowed and discards
 * prepared members. Not for members that are deflated and not converted
 * (deflate_stream.h). Completes the progress of a converted member. Fails with
 * ERR_DATA if a recorded conversion differs, and records the new one; with
 * ERR_HELPER if it cannot be made; with ERR_LATER after the deadline. */
int content_open(struct content *f, size_t i, size_t last, struct content_data *c,
                 struct err *e) MUST_CHECK;
void content_done(struct content *f, struct content_data *c);

/* Wait for a result of the pool. Fails with ERR_LATER after the deadline. */
int content_collect(struct content *f, struct err *e) MUST_CHECK;
int content_timeout(const struct content *f); /* in milliseconds; -1: no deadline */

#endif
