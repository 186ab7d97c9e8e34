/* SPDX-License-Identifier: MIT */
/* Links that users make, list and revoke (sql/014_shared_links.sql), in the
 * responder. */
#ifndef WADOZIP_RIGHTS_LINKS_SHARE_H
#define WADOZIP_RIGHTS_LINKS_SHARE_H

#include "rights/links.h"

#define LINKS_SHARE_UNTIL 24 /* bytes of a time, 2026-12-01T08:00:00Z, with NUL */

/* Append the things, separated by ", ", that a restricted catalogue
 * (access_restrict) does not have, ten at most. *all: their number. */
int links_share_missing(struct catalog *c, const struct link_things *t, struct buf *missing,
                        uint64_t *all, struct err *e) MUST_CHECK;

/* Return in *may whether a restricted catalogue has any grant. */
int links_share_granted(struct catalog *c, bool *may, struct err *e) MUST_CHECK;

struct links_share {
    struct link_wish wish; /* with a creator */
    const char *groups;
    const char *who;       /* address, blank and name for the audit */
};

/* Make a link without a restriction. Fails with ERR_NOT_FOUND if a thing was
 * removed. */
int links_share_add(struct catalog *c, const struct links_share *s, uint64_t *id,
                    char until[LINKS_SHARE_UNTIL], struct err *e) MUST_CHECK;

/* Revoke a link of a user. *found: whether it is one. */
int links_share_revoke(struct catalog *c, const char *id, const char *creator, const char *who,
                       bool *found, struct err *e) MUST_CHECK;

/* Append the links of a user, newest first, as JSON objects separated by
 * commas; the last thousand. */
int links_share_list(struct catalog *c, const char *creator, struct buf *out,
                     struct err *e) MUST_CHECK;

#endif
