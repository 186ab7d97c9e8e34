/* Threads that take no signals: these are for the thread that waits for them. */
#ifndef WADOZIP_BASE_THREAD_H
#define WADOZIP_BASE_THREAD_H

#include <pthread.h>

#include "base/err.h"

/* Starts run(ctx) with all signals blocked, whatever the caller's mask. ERR_SYSTEM when there is no thread to be had. */
int thread_start(pthread_t *t, void *(*run)(void *ctx), void *ctx, struct err *e) MUST_CHECK;

#endif
