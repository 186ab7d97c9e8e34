/* SPDX-License-Identifier: MIT */
/*
 * The worker pool: forks workers, replaces dead ones, re-reads the settings on HUP, drains on TERM and INT. All signals are
 * blocked and waited for, so that none is lost between looking and sleeping.
 */
#ifndef WADOZIP_FCGI_POOL_H
#define WADOZIP_FCGI_POOL_H

#include "base/conf.h"
#include "base/err.h"
#include "fcgi/listen.h"

struct pool_setup {
    const char *config;           /* settings file, or null */
    struct conf *conf;            /* the caller's; replaced by HUP */
    struct listen_socket *socket;
    unsigned workers;             /* 0: as the settings say */
    unsigned drain;               /* seconds that running answers get to end after TERM */
};

/* Runs until it is told to stop; worker_block_signals has been called. Forked workers never return from it. */
int pool_run(const struct pool_setup *setup, struct err *e) MUST_CHECK;

/*
 * Seconds to wait before the next worker is started when `failures` workers in a row have ended badly soon after their
 * start: none after the first success, then doubling up to POOL_BACKOFF_MAX.
 */
#define POOL_BACKOFF_MAX 8.0
double pool_backoff(unsigned failures);

/* Seconds from `now` until a worker may be started, which may be past already; for ever (negative) when none is missing. */
double pool_pause(bool missing, double not_before, double now);

#endif
