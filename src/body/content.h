/* SPDX-License-Identifier: MIT */
/*
 * Where the members' bytes come from while an answer is sent: files of the store, checked against what the catalogue
 * says, or conversions by wadozip-dicom, several ahead of the one being sent, in order, within a bounded window.
 */
#ifndef WADOZIP_BODY_CONTENT_H
#define WADOZIP_BODY_CONTENT_H

#include "body/cache.h"
#include "body/content_learn.h"
#include "body/deflate_stream.h"
#include "body/file_source.h"
#include "helper/helper_pool.h"
#include "plan/plan.h"
#include "store/stat_pool.h"

struct content {
    struct plan *plan;
    struct file_source source;
    struct deflate_stream *pack;      /* made when the first deflated member is sent */
    unsigned threads;       /* for it; 0: one a processor, within reason */
    struct helper_pool *pool; /* null when no member is converted */
    struct cache *cache;    /* null: conversions are not kept */
    struct content_learn learn;
    struct content_job *jobs;  /* conversions under way, in member order: a ring of at most CONTENT_JOBS_MAX */
    size_t next_job, job_count;
    size_t next_member;     /* where to look for the next member to convert */
    uint64_t ahead;         /* bytes of the files under conversion or waiting converted, but for the one being sent */
    struct stat_pool *stat_pool;    /* null: files are looked at here, however long that takes */
    unsigned slow_looks;    /* the last ones that were timed took long */
    bool slow;              /* so many that the scout is asked */
    size_t looked;          /* members whose files were found as recorded, or given to the scout to look at */
    bool odd;               /* the next one's was not */
    bool only_unknown;      /* members of which all is known are not made ahead */
    double deadline;        /* io_now() until which conversions are waited for; 0: as long as they take */
    size_t failed;          /* index of the member that could not be made, and 1; 0: none */
    uint64_t tag;           /* high half of the cookies of this feed's jobs */
};

#define CONTENT_JOBS_MAX 16
#define CONTENT_AHEAD_MAX ((uint64_t)256 << 20) /* bytes converted ahead; a single larger member is allowed */

struct content_data {
    int fd;        /* the feed's, as long as content_done is not called */
    bool kept;     /* stays open for the next one who asks for this member */
    uint64_t at;   /* where in the file the bytes begin */
    uint64_t size; /* bytes as they lie in the body */
    uint32_t crc;  /* of these */
};

/* `learn` may be null. Everything else must live as long as the feed. */
void content_init(struct content *f, struct plan *p, struct store *s, struct helper_pool *pool,
                  const struct content_learn *learn);
void content_release(struct content *f);

/*
 * Looks at the files of members added to the plan since the last look, while the next ones are still being found: what
 * is as recorded need not be looked at again. Anything else is left to content_check. With a scout this only asks it to.
 */
void content_look(struct content *f);

/*
 * Looks at every file before the status line: there, regular, of the recorded size; if only its time differs, read
 * and compared by CRC-32 again. ERR_DATA names the first file that is not as it was; *bad says how many are not.
 * ERR_AWAY, ERR_SYSTEM and ERR_MEMORY end the look at once.
 */
int content_check(struct content *f, uint64_t *bad, struct err *e) MUST_CHECK;

/* Whether the file of member i still has the recorded content; reads all of it. */
bool content_is_unchanged(const struct content *f, size_t i);

/*
 * Before the status line: waits until member i, which is converted, is made, so that what cannot be
 * made is told while it can be. Members up to `last` are begun meanwhile. Completes member i in the
 * plan, as content_open does. ERR_HELPER also when one of these has failed by then; of bulk data
 * ERR_NOT_FOUND when there is no such element, ERR_NOT_ACCEPTABLE when it cannot be had
 * uncompressed.
 */
int content_begin(struct content *f, size_t i, size_t last, struct err *e) MUST_CHECK;

/* Whether converted member i can be had without waiting: where not, what is made should be on its way by then. */
int content_ready(struct content *f, size_t i, bool *ready, struct err *e) MUST_CHECK;

/*
 * The data of member i; members from i to `last` will be asked for next and may be prepared ahead.
 * Members are asked for in rising order; to go back is allowed and drops what was prepared. A
 * member that is deflated and not converted is not for here (deflate_stream.h). Completes a
 * converted member in the plan; ERR_DATA when a known one comes out differently, and what it came
 * out as is learnt instead; ERR_HELPER when it cannot be made, ERR_LATER when that takes longer
 * than the deadline.
 */
int content_open(struct content *f, size_t i, size_t last, struct content_data *c, struct err *e) MUST_CHECK;
void content_done(struct content *f, struct content_data *c);

/* For how long to wait for the pool: milliseconds, -1 without a deadline. */
int content_timeout(const struct content *f);

#endif
