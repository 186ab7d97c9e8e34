/* SPDX-License-Identifier: MIT */
/* Archives that are kept whole, so that the next retrieval of the same costs
 * nothing (body/archive_cache.h). */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_KEEP_H
#define WADOZIP_RETRIEVE_RETRIEVE_KEEP_H

#include "body/archive_cache.h"
#include "retrieve/retrieve.h"

/*
 * After retrieve_check() and retrieve_length(): return whether there is a cache
 * and making the body costs something. It does not if members are stored as
 * they are in files.
 */
bool retrieve_is_worth_keeping(const struct retrieval *r);

/* Take the body from the cache. Returns false if it is not there or not worth
 * keeping. */
bool retrieve_find_kept(struct retrieval *r);

/* Begin to keep the body, if it should be and is not kept. Fails as
 * archive_fill_begin(). */
bool retrieve_keep(const struct retrieval *r, struct archive_fill *f);

#endif
