/* SPDX-License-Identifier: MIT */
#include "catalog/collection_request.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "catalog/search_sql.h"

#define ARENA_MAX ((size_t)1 << 20)

static int add_found_uid(void *ctx, struct db_row *r, struct err *e)
{
    const char *uid = db_row_text(r, 0);

    return collection_list_add(ctx, uid, strlen(uid), e);
}

/* Add the UIDs of all studies or series that a query finds. */
static int add_results(struct catalog *c, const struct search_query *q, struct collection_list *l,
                       struct err *e)
{
    struct search_sql b;
    int rc;

    search_sql_init(&b);
    search_sql_begin(&b);
    buf_printf(&b.sql, "SELECT %s.uid FROM (", q->level == SEARCH_SERIES ? "se" : "st");
    search_sql_ids(&b, q);
    if (q->limit < SEARCH_OFFSET_MAX || q->offset)
        search_sql_page(&b, q, q->limit);
    buf_printf(&b.sql, ") f JOIN %s", q->level == SEARCH_SERIES ? "series se ON se.id = f.series_id"
                                                               : "study st ON st.id = f.study_id");
    rc = search_sql_run(c, &b, 1, add_found_uid, l, e);
    search_sql_release(&b);
    return rc;
}

/* A search is of studies unless it begins with the name of another level. */
static int parse_list_search(const char *text, struct mem *m, struct search_query *q, struct err *e)
{
    struct search_target of = {SEARCH_STUDIES, "", "", false};
    const char *query = strchr(text, '?');
    size_t level = query ? (size_t)(query - text) : 0;

    if (level == strlen("series") && memcmp(text, "series", level) == 0)
        of.level = SEARCH_SERIES;
    else if (query && (level != strlen("studies") || memcmp(text, "studies", level) != 0))
        return err_set(e, ERR_UNPROCESSABLE,
                       "a search begins with studies? or series?, or has only its query");
    if (search_query_parse(query ? query + 1 : text, &of, m, q, e) == 0)
        return 0;
    if (e->kind == ERR_REQUEST)
        e->kind = ERR_UNPROCESSABLE; /* what is wrong is in the body */
    return -1;
}

static int expand_search(struct catalog *c, struct collection_list *l, struct err *e)
{
    struct search_query q;
    struct mem m;
    int rc;

    if (!l->search[0])
        return 0;
    mem_init(&m, ARENA_MAX);
    rc = parse_list_search(l->search, &m, &q, e) || add_results(c, &q, l, e) ? -1 : 0;
    mem_reset(&m);
    if (rc == 0 && !l->count)
        return err_set(e, ERR_UNPROCESSABLE, "the search has no results");
    return rc;
}

struct unknown_uids {
    struct buf *text;
    uint64_t all;
};

static int add_unknown(void *ctx, const char *uid, uint64_t all, struct err *e)
{
    struct unknown_uids *u = ctx;

    u->all = all;
    buf_printf(u->text, "\n%s", uid);
    return buf_check(u->text, "unknown UIDs", e);
}

static int check_known(struct catalog *c, const char *uids, struct buf *unknown, struct err *e)
{
    struct unknown_uids u = {unknown, 0};

    if (collection_unknown(c, uids, COLLECTION_UNKNOWN_MAX, add_unknown, &u, e))
        return -1;
    if (!u.all)
        return 0;
    return err_set(e, ERR_UNPROCESSABLE, "%llu UIDs are of no study and no series here%s",
                   (unsigned long long)u.all,
                   u.all > COLLECTION_UNKNOWN_MAX ? "; the first of them are listed" : "");
}

/* Copy printable characters, as many as the catalogue takes. */
static void copy_creator(const char *from, char out[COLLECTION_TEXT_BYTES])
{
    size_t len = strlen(from), at = 0, n;

    for (int i = 0;
         i < COLLECTION_TEXT_MAX && at < len && (n = utf8_character(from + at, len - at)) > 0; i++)
        at += n;
    memcpy(out, from, at);
    out[at] = '\0';
}

int collection_request(struct catalog *c, struct collection_list *l, struct collection *out,
                       bool *fresh, struct buf *unknown, struct err *e)
{
    char by[COLLECTION_TEXT_BYTES];
    struct collection_wish w = {.name = l->name, .creator = by, .profile = l->profile};
    struct buf uids, modalities;
    int rc;

    copy_creator(l->creator ? l->creator : "", by);
    if (expand_search(c, l, e))
        return -1;
    buf_init(&uids, l->uids.len + 3);
    buf_init(&modalities, l->modalities.len + 3);
    buf_printf(&uids, "{%s}", l->uids.data);
    buf_printf(&modalities, "{%s}", l->modalities.data ? l->modalities.data : "");
    rc = buf_check(&uids, "the UIDs of a list", e) ||
         buf_check(&modalities, "the modalities of a list", e);
    w.uids = uids.data;
    w.modalities = modalities.data;
    if (rc == 0)
        rc = check_known(c, w.uids, unknown, e) || collection_create(c, &w, out, fresh, e);
    buf_release(&uids);
    buf_release(&modalities);
    return rc ? -1 : 0;
}
