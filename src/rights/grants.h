/* SPDX-License-Identifier: MIT */
/* Grants of the catalogue, for the operator's command: who may have what
 * (sql/010_grants.sql). */
#ifndef WADOZIP_RIGHTS_GRANTS_H
#define WADOZIP_RIGHTS_GRANTS_H

#include "db/db.h"

struct grant {
    const char *who;     /* user:NAME, group:NAME, link:NUMBER or everyone */
    /* "everything", or "patient ", "study ", "series " or "collection " and a
     * value */
    const char *what;
    const char *issuer;  /* of a patient; "": only studies without one; null: of any */
    const char *profile; /* only so de-identified; null: the original, too */
    unsigned acts;       /* enum access_act, added up */
    uint64_t seconds;    /* until it expires; 0: never */
};

/* Open a connection for the calls below; close it with db_close(). Fails as
 * db_open(). */
int grants_open(const char *conninfo, struct db **out, struct err *e) MUST_CHECK;

/* Return whether `who` names a principal: user:, group: or link: with a name
 * after it, or everyone. */
bool grants_is_principal(const char *who);

/* Record a grant. Returns its number in *id. */
int grants_add(struct db *db, const struct grant *g, uint64_t *id, struct err *e) MUST_CHECK;

/* Delete a grant. *found: whether it existed. */
int grants_revoke(struct db *db, uint64_t id, bool *found, struct err *e) MUST_CHECK;

/* Call `each` for the grants of users and groups in the order of their numbers;
 * who null: of all. Columns: number, who, what, acts, form, expiry ("never",
 * "expired ..."), all text for people. */
#define GRANTS_COLUMNS 6
int grants_list(struct db *db, const char *who, db_each *each, void *ctx, struct err *e) MUST_CHECK;

#endif
