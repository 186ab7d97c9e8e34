/* SPDX-License-Identifier: MIT */
/*
 * Counters of all workers, for /metrics. They lie in memory that the workers of
 * a pool share, or, if the web server starts the workers, in a file of the
 * spool. A worker that is killed leaves its counts and is no longer counted as
 * a worker.
 */
#ifndef WADOZIP_RESPOND_METRICS_H
#define WADOZIP_RESPOND_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* The kind of a response. */
enum metrics_form {
    METRICS_ARCHIVE,
    METRICS_MULTIPART,
    METRICS_BULKDATA,
    METRICS_METADATA,
    METRICS_TABLE,
    METRICS_FRAMES,
    METRICS_RENDERED,
    METRICS_SEARCH,
    METRICS_OTHER, /* also responses to requests that were refused before a form was chosen */
    METRICS_FORMS
};

/* A request that has ended. */
struct metrics_request {
    enum metrics_form form;
    int status;      /* 0: no status line was sent */
    bool complete;   /* the client has the whole response */
    uint64_t bytes;
    double seconds;
};

/* Allocate the counters of a pool before it forks. */
int metrics_share(struct err *e) MUST_CHECK;

/*
 * Register this worker. Without metrics_share() workers of the same `service`
 * count together in a file of the folder `spool`. Fails as spool_named_file();
 * then nothing is counted.
 */
int metrics_open(const char *spool, const char *service, struct err *e) MUST_CHECK;
void metrics_close(void);

/* Count the begin and the end of a request. */
void metrics_begin(void);
void metrics_end(const struct metrics_request *r);

/* Count a member that was converted. */
void metrics_conversion(void);

/* Return the word of a form, for labels and the audit. */
const char *metrics_form_name(enum metrics_form form);

/* Append all metrics in Prometheus' text format 0.0.4. */
void metrics_write(struct buf *out);

#endif
