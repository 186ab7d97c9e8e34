/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <errno.h>
#include <signal.h>

int thread_start(pthread_t *t, void *(*run)(void *ctx), void *ctx, struct err *e)
{
    sigset_t all, old;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    rc = pthread_create(t, NULL, run, ctx);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    errno = rc;
    return rc ? err_sys(e, ERR_SYSTEM, "cannot start a thread") : 0;
}
