/* SPDX-License-Identifier: MIT */
/* Jobs of one request on a pool that other requests have used before, perhaps
 * without taking all their results. */
#ifndef WADOZIP_HELPER_HELPER_RUN_H
#define WADOZIP_HELPER_HELPER_RUN_H

#include "helper/helper_pool.h"

/*
 * Return a number whose low 32 bits are 0 and that no earlier call in this
 * process has returned: the base of the cookies of a request's jobs.
 */
uint64_t helper_run_tag(void);

/* Submit a job, with a cookie of its own, and wait for its result, as
 * helper_pool_order() and helper_pool_next(); the caller owns r->fd, which is
 * -1 on failure. Discards results of requests that ended early: no job of this
 * request may be running. */
int helper_run(struct helper_pool *p, int fd_take, const struct helper_order *o,
               struct helper_result *r, struct err *e) MUST_CHECK;

#endif
