/* SPDX-License-Identifier: MIT */
/* The jobs that make members of a plan. */
#ifndef WADOZIP_BODY_CONTENT_ORDER_H
#define WADOZIP_BODY_CONTENT_ORDER_H

#include "helper/helper_pool.h"
#include "plan/plan_progress.h"

/* The plan has decided whether it is deflated. An unknown deflated size is
 * determined. */
enum helper_packing content_order_packing(const struct plan_progress *g,
                                          const struct plan_member *m);

/* Submit the job that makes member i from its file, which the pool takes over.
 * Fails as helper_pool_order(). */
int content_order_submit(const struct plan_progress *g, size_t i, struct helper_pool *pool,
                         int fd_take, uint64_t cookie, struct err *e) MUST_CHECK;

#endif
