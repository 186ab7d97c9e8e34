/* SPDX-License-Identifier: MIT */
/* What a de-identification did: the elements of a file before and after it, compared. */
#ifndef WADOZIP_CLI_DEID_CHANGE_H
#define WADOZIP_CLI_DEID_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/* An element (helper/element_line.h). Strings belong to the list. */
struct deid_element {
    const char *path, *vr, *keyword, *value;
};

struct deid_elements {
    char *text;              /* owned */
    struct deid_element *of; /* owned, sorted by path */
    size_t count;
};

enum deid_act {
    DEID_ACT_REMOVED,
    DEID_ACT_EMPTIED,
    DEID_ACT_REPLACED,
    DEID_ACT_SHIFTED, /* a date */
    DEID_ACT_MAPPED,  /* a UID */
    DEID_ACT_CLEANED,  /* text within compressed pixel data */
    DEID_ACT_WITHHELD, /* pixel data */
    DEID_ACT_KEPT,
    DEID_ACT_ADDED,
    DEID_ACT_REFUSED, /* the whole instance: `after` is the reason */
    DEID_ACTS
};

struct deid_change {
    const char *path, *vr, *keyword, *before, *after;
    enum deid_act act;
    bool free_text; /* kept, and people may have written anything into it */
};

/* Return the word for an act, such as "removed". */
const char *deid_change_word(enum deid_act act);

/*
 * Parse the len bytes of a list; *out owns `text`, which was allocated and has
 * room for one byte more. Fails with ERR_HELPER if it is malformed.
 */
int deid_elements_parse(char *text, size_t len, struct deid_elements *out,
                        struct err *e) MUST_CHECK;
void deid_elements_release(struct deid_elements *l);

/*
 * Call `each` for each element of either list, in the order of paths. If dates
 * are `moved`, one that has another value was shifted, unless that is a dummy.
 * Fails as `each`.
 */
int deid_change_each(const struct deid_elements *before, const struct deid_elements *after,
                     bool moved, int (*each)(void *ctx, const struct deid_change *c, struct err *e),
                     void *ctx, struct err *e) MUST_CHECK;

#endif
