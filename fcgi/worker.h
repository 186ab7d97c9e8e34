/* SPDX-License-Identifier: MIT */
/* A worker: accepts and serves one request at a time. The only user of libfcgi.
 */
#ifndef WADOZIP_FCGI_WORKER_H
#define WADOZIP_FCGI_WORKER_H

#include "conf/conf.h"
#include "base/err.h"
#include "respond/serve_shared.h"

/*
 * Block the signals that stop a worker, so that worker_run() receives them
 * between requests. Call it before any fork.
 */
int worker_block_signals(struct err *e) MUST_CHECK;

/*
 * Serve until TERM or INT arrives or the setting worker_requests is reached. A
 * signal during a request takes effect after the response. Without a pool HUP
 * also ends it, so that the web server starts a new process with changed
 * settings.
 * Returns -1 if it cannot continue.
 */
int worker_run(const struct conf *c, int listen_fd, const struct serve_shared *shared,
               struct err *e) MUST_CHECK;

#endif
