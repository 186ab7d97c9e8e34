/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve_collection.h"

#include "catalog/collection_part.h"

const char *retrieve_collection_name(struct catalog *c, const struct retrieve_collection *w,
                                     struct mem *m, struct err *e)
{
    struct collection found;

    if (collection_read(c, w->id, &found, e))
        return NULL;
    if (w->part_bytes && !w->part) {
        err_set(e, ERR_REQUEST,
                "the query parameter part is missing: the number of the part, from 1");
        return NULL;
    }
    return mem_printf(m, e, "collection %s %llu %u %s", w->id, (unsigned long long)w->part_bytes,
                      w->part, found.state);
}

/* Refuse what is too large before rows are read: with the number of its bytes,
 * and the way to have it in parts. */
static int check_piece(const struct conf *c, const struct collection_piece *p, uint64_t max_bytes,
                       struct err *e)
{
    if (p->instances <= c->max_instances && p->bytes <= max_bytes)
        return 0;
    return err_set(
        e, ERR_TOO_LARGE,
        "it has %llu instances of %llu bytes; at most %llu instances and %llu bytes (settings"
        " max_instances and max_bytes) are sent at once: ask for its parts, for example with part_bytes=50G&part=1",
        (unsigned long long)p->instances, (unsigned long long)p->bytes,
        (unsigned long long)c->max_instances, (unsigned long long)c->max_bytes);
}

/* An error must not name the original of what is sent de-identified. */
static int show_study(void *ctx, const char *study, char uid[UID_MAX + 1], struct err *e)
{
    const struct retrieval *r = ctx;

    return deid_key_uid(r->plan.options.profile, study, uid, e);
}

int retrieve_collection_find(const struct retrieve_collection *w, struct retrieval *r,
                             const struct catalog_query *q, struct err *e)
{
    const struct collection_visitor to = {retrieve_add, r,
                                          r->plan.options.profile ? show_study : NULL};
    struct catalog *c = r->tools->catalog;
    struct collection_piece piece;

    if (collection_piece(c, w->id, w->part_bytes, w->part ? w->part : 1, &piece, e) ||
        check_piece(r->tools->conf, &piece, r->plan.options.max_bytes, e))
        return -1;
    return collection_find(c, w->id, piece.places, q, &to, e);
}
