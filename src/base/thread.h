/* SPDX-License-Identifier: MIT */
/* Threads that block all signals, so that only the main thread receives them.
 */
#ifndef WADOZIP_BASE_THREAD_H
#define WADOZIP_BASE_THREAD_H

#include <pthread.h>

#include "base/err.h"

/* Start run(ctx) with all signals blocked. Fails with ERR_SYSTEM. */
int thread_start(pthread_t *t, void *(*run)(void *ctx), void *ctx, struct err *e) MUST_CHECK;

#endif
