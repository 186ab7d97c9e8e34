/* SPDX-License-Identifier: MIT */
/*
 * The worker pool: forks workers, replaces dead ones, reads the settings again
 * on HUP, drains on TERM and INT. All signals are blocked and waited for, so
 * none is lost between checking and sleeping.
 */
#ifndef WADOZIP_FCGI_POOL_H
#define WADOZIP_FCGI_POOL_H

#include "conf/conf.h"
#include "base/err.h"
#include "fastcgi/listen.h"

struct pool_setup {
    const char *config;           /* settings file, or null */
    struct conf *conf;            /* owned by the caller; replaced on HUP */
    struct listen_socket *socket;
    unsigned workers;             /* 0: use the setting */
    unsigned drain;               /* seconds for running responses after TERM */
};

/*
 * Run until a signal stops it. Call worker_block_signals() first. Forked
 * workers never return from it.
 */
int pool_run(const struct pool_setup *setup, struct err *e) MUST_CHECK;

/*
 * Return the seconds to wait before starting a worker, if `failures` workers in
 * a row failed soon after their start: 0 after a success, then doubling up to
 * POOL_BACKOFF_MAX.
 */
#define POOL_BACKOFF_MAX 8.0
double pool_backoff(unsigned failures);

/*
 * Return the seconds from `now` until a worker may be started, at least 0;
 * negative (no limit) if none is missing.
 */
double pool_pause(bool missing, double not_before, double now);

#endif
