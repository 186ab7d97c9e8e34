/* SPDX-License-Identifier: MIT */
/* Access control. Deny by default: a resource that is not granted does not
 * exist. */
#ifndef WADOZIP_RIGHTS_ACCESS_H
#define WADOZIP_RIGHTS_ACCESS_H

#include "conf/conf.h"
#include "base/err.h"
#include "http/request.h"

struct catalog;

/*
 * Apply the setting `access`. With user and grants, fails with ERR_AUTH unless
 * REMOTE_USER is set. With none, fails with ERR_NOT_FOUND and the text for
 * unknown UIDs.
 */
int access_check(const struct conf *c, const struct request *r, struct err *e) MUST_CHECK;

/* The acts of a request. A grant must have all of them. */
enum access_act { ACCESS_SEARCH = 1, ACCESS_RETRIEVE = 2, ACCESS_SHARE = 4, ACCESS_ALL_ACTS = 7 };

/* Who asks, as the web server says; each null if it says nothing. */
struct access_principal {
    const char *user;
    const char *groups;  /* separated by commas */
    const char *patient; /* Patient ID */
};

/* Restrict the following look-ups of the catalogue to the things that the
 * principal is granted (sql/010_grants.sql), if the setting `access` is grants;
 * else lift the restriction. Names that are not UTF-8 without control
 * characters have no grants. `profile`: of de-identification, "" for the
 * original. Fails with ERR_CONFIG if the setting group_file cannot be read. */
int access_restrict(struct catalog *catalog, const struct conf *c, const struct access_principal *p,
                    unsigned acts, const char *profile, struct err *e) MUST_CHECK;

/* A link, as far as it decides what is seen. */
struct access_link {
    uint64_t id;
    /* of a user's link: the user, and the groups of then; "": the operator's
     * link */
    const char *creator, *groups;
    const char *profile;          /* as above */
};

/* Restrict the following look-ups to the contents of a link. An operator's link
 * shows them with any value of the setting `access`. A user's link shows of
 * them what the user may share now: with access = user, open or all everything,
 * else what the user's grants with the act share allow. */
int access_restrict_link(struct catalog *catalog, const struct conf *c, const struct access_link *l,
                         struct err *e) MUST_CHECK;

#endif
