/* SPDX-License-Identifier: MIT */
/* A worker: accepts one request at a time and answers it. The only place where libfcgi is used. */
#ifndef WADOZIP_FCGI_WORKER_H
#define WADOZIP_FCGI_WORKER_H

#include "base/conf.h"
#include "base/err.h"

/* Blocks the signals that stop a worker, so that worker_run gets them between requests. Before any fork. */
int worker_block_signals(struct err *e) MUST_CHECK;

/*
 * Serves until TERM or INT comes or the setting worker_requests is reached. A signal that comes
 * during a request takes effect when the answer is out. `slots`: what the pool counts downloads
 * with (download_limit_share), or -1 where there is no pool: then HUP ends it too, so that the web
 * server starts it anew with changed settings. -1 when it cannot go on at all.
 */
int worker_run(const struct conf *c, int listen_fd, int downloads, struct err *e) MUST_CHECK;

#endif
