/* SPDX-License-Identifier: MIT */
/* Convert the members of a plan and keep the results, without sending anything.
 */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_CONVERT_H
#define WADOZIP_RETRIEVE_RETRIEVE_CONVERT_H

#include "retrieve/retrieve.h"

/* Callbacks of retrieve_convert(); any may be null. */
struct retrieve_convert_watch {
    /* of a file that cannot be converted */
    void (*failed)(void *ctx, const char *label, const char *reason);
    bool (*go_on)(void *ctx); /* before each conversion; false: end soon */
    void *ctx;
};

/*
 * Convert all members whose conversion is not recorded; results go to the
 * catalogue and the cache. The plan need not be finished. Members that cannot
 * be converted are reported, recorded and skipped; fails with all other errors.
 */
int retrieve_convert(struct retrieval *r, const struct retrieve_convert_watch *watch,
                     struct err *e) MUST_CHECK;

#endif
