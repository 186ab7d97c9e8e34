/* SPDX-License-Identifier: MIT */
/* Links: grants to the principal link:ID (sql/011_links.sql). */
#ifndef WADOZIP_RIGHTS_LINKS_H
#define WADOZIP_RIGHTS_LINKS_H

#include "base/buf.h"
#include "base/secret.h"
#include "base/sha256.h"
#include "conf/conf_deid.h"
#include "db/db.h"
#include "dicom/uid.h"
#include "link/link_request.h"

struct catalog;

/* An expression for the state of a link, for people and programs. */
#define LINKS_STATE \
    "CASE WHEN revoked IS NOT NULL THEN 'revoked' WHEN expires <= now() THEN 'expired' WHEN wrong_tries = 5" \
    " THEN 'locked' WHEN downloads >= max_downloads THEN 'used up' ELSE 'valid' END"

#define LINKS_TRIES 5 /* wrong passcodes until a link is locked */
#define LINKS_LABEL_MAX 200
#define LINKS_CREATOR_MAX 200   /* characters */
#define LINKS_GROUPS_MAX 8192   /* bytes of a list of groups */

enum link_state { LINK_UNKNOWN, LINK_VALID, LINK_EXPIRED, LINK_REVOKED, LINK_USED_UP };

#define LINKS_ETAG 64 /* bytes of an entity tag, with quotes and NUL */

/* The archive of a link whose digest is known; etag "": of none. */
struct links_archive {
    char etag[LINKS_ETAG], hex[2 * SHA256_BYTES + 1], base64[48];
};

struct link {
    enum link_state state;
    uint64_t id;
    char label[4 * LINKS_LABEL_MAX + 1];
    char passcode[SECRET_HASH]; /* "": none */
    bool locked;
    bool counted;               /* downloads are limited */
    int64_t expires;            /* Unix seconds */
    int64_t ago;                /* seconds since it expired */
    char transfer_syntax[UID_MAX + 1]; /* "": the default; also "*" */
    bool dicomdir;
    char creator[4 * LINKS_CREATOR_MAX + 1]; /* the user who made it; "": the operator */
    char groups[LINKS_GROUPS_MAX + 1];       /* of the creator then */
    char profile[CONF_DEID_NAME_MAX + 1];    /* of de-identification; "": the original */
    struct links_archive archive;
};

/* Look up a token. Its state is LINK_UNKNOWN if there is no such link. */
int links_find(struct catalog *c, const char *token, struct link *out, struct err *e) MUST_CHECK;

/* Take one of the tries of a link before a passcode is checked, so that
 * parallel tries count; *taken: one was left. links_give_back() after a right
 * passcode. */
int links_take_try(struct catalog *c, uint64_t id, bool *taken, struct err *e) MUST_CHECK;
int links_give_back(struct catalog *c, uint64_t id, struct err *e) MUST_CHECK;

/* Count a complete download. */
int links_count(struct catalog *c, uint64_t id, struct err *e) MUST_CHECK;

/* Record the SHA-256, in hexadecimal digits, of the archive with this tag. */
int links_record_digest(struct catalog *c, uint64_t id, const char *etag, const char *hex,
                        struct err *e) MUST_CHECK;

/* The contents of a restricted catalogue (access_restrict_link). `study`: of
 * one of them, "" if there are none. */
struct link_contents {
    uint64_t studies, series, instances, bytes;
    char study[UID_MAX + 1];
};
int links_contents(struct catalog *c, struct link_contents *out, struct err *e) MUST_CHECK;

/* Write the digest of a token in hexadecimal digits. Only this is stored and
 * looked up. */
#define LINKS_DIGEST (2 * SHA256_BYTES + 1)
int links_digest(const char *token, char out[LINKS_DIGEST], struct err *e) MUST_CHECK;

#define LINKS_THINGS_MAX ((size_t)4 << 20) /* bytes of their text */

/* Append things as the text of an array. They contain no control characters. */
int links_put_things(struct buf *b, const struct link_things *t, struct err *e) MUST_CHECK;

/* For the operator's command, on a connection of grants_open(). */
struct link_wish {
    const char *token;
    const struct link_things *things;
    const char *label, *creator, *passcode, *transfer_syntax; /* passcode: its hash, or null */
    const char *profile;             /* of de-identification; "": the original */
    uint64_t seconds, max_downloads; /* max_downloads 0: no limit */
    bool dicomdir;
};
int links_add(struct db *db, const struct link_wish *w, uint64_t *id, struct err *e) MUST_CHECK;

/* A wish as parameters of a statement. Call buf_release(&v->things) also after an error. */
struct link_values {
    char hash[LINKS_DIGEST], seconds[24], most[24];
    struct buf things;
};
int links_values(const struct link_wish *w, struct link_values *v, struct err *e) MUST_CHECK;

/* Revoke a link. *found: whether it exists. */
int links_revoke(struct db *db, uint64_t id, bool *found, struct err *e) MUST_CHECK;

/* Columns, all text for people: number, state, expiry, things, passcode,
 * downloads, creator, label. */
#define LINKS_COLUMNS 8
int links_list(struct db *db, db_each *each, void *ctx, struct err *e) MUST_CHECK;

#endif
