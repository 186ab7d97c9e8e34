/* SPDX-License-Identifier: MIT */
#include "catalog/collection_digest.h"

#include <inttypes.h>

#include "base/hex.h"
#include "catalog/catalog_db.h"

static int take_digest_text(void *ctx, struct db_row *r, struct err *e)
{
    struct collection_digest *d = ctx;

    (void)e;
    snprintf(d->hex, sizeof d->hex, "%s", db_row_text(r, 0));
    snprintf(d->base64, sizeof d->base64, "%s", db_row_text(r, 1));
    return 0;
}

int collection_digest_read(struct catalog *c, const char *id, const char *etag,
                           struct collection_digest *out, struct err *e)
{
    static const struct db_statement ask = {
        "SELECT encode(sha256, 'hex'), encode(sha256, 'base64') FROM collection_archive"
        " WHERE (collection_id, etag) = ($1, btrim($2, '\"'))",
        2, 2, DB_ROWS};

    *out = (struct collection_digest){.hex = ""};
    return db_query(catalog_db(c), &ask, (const char *[]){id, etag}, take_digest_text, out, e);
}

int collection_digest_record(struct catalog *c, const struct collection_digested *a, struct err *e)
{
    static const struct db_statement st = {
        "INSERT INTO wadozip.collection_archive (collection_id, etag, bytes, sha256)"
        " VALUES ($1, btrim($2, '\"'), $3::bigint, decode($4, 'hex')) ON CONFLICT (collection_id, etag)"
        " DO UPDATE SET bytes = excluded.bytes, sha256 = excluded.sha256",
        4, 0, DB_ROWS};
    char bytes[24], hex[2 * SHA256_BYTES + 1];

    snprintf(bytes, sizeof bytes, "%" PRIu64, a->bytes);
    hex_write(hex, a->sha256, SHA256_BYTES);
    return db_query(catalog_db(c), &st, (const char *[]){a->id, a->etag, bytes, hex}, NULL, NULL,
                    e);
}
