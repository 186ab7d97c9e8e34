/* SPDX-License-Identifier: MIT */
#include "helper/helper_run.h"

#include <stdatomic.h>

#include "base/io.h"

uint64_t helper_run_tag(void)
{
    static atomic_uint_fast32_t last;

    return (uint64_t)(uint32_t)(atomic_fetch_add(&last, 1) + 1) << 32;
}

/* Wait for a result, which is discarded; the pool then has room for a job. */
static int discard(struct helper_pool *p, struct helper_result *r, struct err *e)
{
    if (helper_pool_next(p, -1, r, e) < 0)
        return -1;
    io_close(&r->fd);
    return 0;
}

static int await(struct helper_pool *p, uint64_t cookie, struct helper_result *r, struct err *e)
{
    for (;;) {
        int n = helper_pool_next(p, -1, r, e);

        if (n <= 0)
            return n < 0 ? -1 : err_set(e, ERR_HELPER, "the pool of wadozip-dicom has lost a job");
        if (r->cookie == cookie)
            return 0;
        io_close(&r->fd);
    }
}

int helper_run(struct helper_pool *p, int fd_take, const struct helper_order *o,
               struct helper_result *r, struct err *e)
{
    struct helper_order order = *o;

    order.cookie = helper_run_tag();
    *r = (struct helper_result){.fd = -1};
    while (helper_pool_room(p) == 0)
        if (discard(p, r, e)) {
            io_close(&fd_take);
            return -1;
        }
    return helper_pool_order(p, fd_take, &order, e) || await(p, order.cookie, r, e) ? -1 : 0;
}
