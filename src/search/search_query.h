/* SPDX-License-Identifier: MIT */
/*
 * The query of a search (QIDO-RS, PS3.18 8.3.4 and 10.6): match keys, returned
 * attributes, paging. Pure.
 */
#ifndef WADOZIP_SEARCH_SEARCH_QUERY_H
#define WADOZIP_SEARCH_SEARCH_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/mem.h"
#include "search/search_attribute.h"

#define SEARCH_KEYS_MAX 24    /* match keys of a query */
#define SEARCH_VALUES_MAX 64  /* values of all keys together, without UIDs */
#define SEARCH_LIMIT_MAX 1000 /* results of one page; also if the query sets no limit */
#define SEARCH_OFFSET_MAX 1000000000

/*
 * A match key. values: for SEARCH_UIDS and SEARCH_CODES the list; for
 * SEARCH_DATES and SEARCH_TIMES the first and the last matching value, "" if
 * open (times: HHMMSSFFFFFF); for SEARCH_NAME the value, or its words if fuzzy;
 * else the value.
 */
struct search_key {
    enum search_attribute attribute;
    const char *const *values;
    size_t count;
};

struct search_query {
    enum search_level level;
    const char *study, *series; /* UIDs of the path; "" if it has none */
    struct search_key keys[SEARCH_KEYS_MAX];
    size_t count;
    bool wanted[SEARCH_ATTRIBUTES]; /* part of the response */
    bool fuzzy;
    uint64_t limit, offset; /* limit: SEARCH_OFFSET_MAX if the query sets none */
};

/* Return the number of results on a page. An archive contains all that the
 * query selects. */
static inline uint64_t search_query_page(const struct search_query *q)
{
    return q->limit < SEARCH_LIMIT_MAX ? q->limit : SEARCH_LIMIT_MAX;
}

/* What the path of a search says. */
struct search_target {
    enum search_level level;
    const char *study, *series; /* UIDs; "" if it has none */
    /* the caller heeds the parameter deidentify, which is refused else */
    bool deidentifies;
};

/*
 * Parse the query string `raw` of a search resource. Strings live in the arena.
 * Unknown parameters and attributes of includefield are ignored. Fails with
 * ERR_REQUEST for a match key that is unknown, is no attribute of this level,
 * or occurs twice, and for a malformed value.
 */
int search_query_parse(const char *raw, const struct search_target *of, struct mem *m,
                       struct search_query *out, struct err *e) MUST_CHECK;

#endif
