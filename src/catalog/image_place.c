/* SPDX-License-Identifier: MIT */
#include "catalog/image_place.h"

#include <string.h>

#include "base/buf.h"
#include "catalog/catalog_db.h"
#include "dicom/instance.h"

#define LIST_MAX ((size_t)256 << 10)

static const struct db_statement find_place = {
    "SELECT pixel_offset, pixel_length, CASE WHEN get_byte(frame_table, 0) = 2 THEN substring(frame_table FOR 5) ||"
    " coalesce((SELECT string_agg(substring(frame_table FROM 6 + 10 * (n - 1) FOR 10), ''::bytea ORDER BY place)"
    " FROM unnest($2::int[]) WITH ORDINALITY AS wanted (n, place)), ''::bytea) ELSE frame_table END,"
    " sop_class, transfer_syntax, frames, samples FROM instance WHERE uid = $1",
    2, 7, DB_ROWS};

#define SHOWN "(i.samples > 0 OR i.sop_class = '" SOP_CLASS_PDF "')"

static const struct db_statement find_middle = {
    "SELECT s.uid, m.uid FROM (SELECT se.id, se.uid FROM series se"
    " WHERE se.study_id = (SELECT id FROM study WHERE uid = $1) AND ($2 = '' OR se.uid = $2)"
    " AND EXISTS (SELECT FROM instance i WHERE i.series_id = se.id AND " SHOWN ")"
    " ORDER BY EXISTS (SELECT FROM instance i WHERE i.series_id = se.id AND i.samples > 0) DESC, se.instances DESC,"
    " se.number, se.uid LIMIT 1) s"
    " CROSS JOIN LATERAL (SELECT i.uid FROM instance i WHERE i.series_id = s.id AND " SHOWN " ORDER BY i.number, i.uid"
    " OFFSET (SELECT count(*) / 2 FROM instance i WHERE i.series_id = s.id AND " SHOWN ") LIMIT 1) m",
    2, 2, DB_ROWS};

struct placing {
    struct mem *mem;
    struct image_place *out;
};

static int take_image(void *ctx, struct db_row *r, struct err *e)
{
    const struct placing *p = ctx;
    size_t room = strlen(db_row_text(r, 2)) / 2;

    p->out->value.at = (uint64_t)db_row_int(r, 0, 0, INT64_MAX);
    p->out->value.size = (uint64_t)db_row_int(r, 1, 0, INT64_MAX);
    db_row_copy(r, 3, p->out->sop_class, sizeof p->out->sop_class);
    db_row_copy(r, 4, p->out->transfer_syntax, sizeof p->out->transfer_syntax);
    p->out->frames = (uint32_t)db_row_int(r, 5, 0, INT32_MAX);
    p->out->samples = (uint32_t)db_row_int(r, 6, 0, INT32_MAX);
    if (db_row_null(r, 2))
        return 0; /* indexed before places were recorded */
    p->out->table = mem_alloc(p->mem, room + 1, e);
    if (!p->out->table)
        return -1;
    p->out->table_bytes = db_row_bytes(r, 2, p->out->table, room);
    return 0;
}

/* Write the numbers as the text of an array. */
static int put_numbers(struct buf *b, const uint32_t *frames, size_t count, struct err *e)
{
    buf_str(b, "{");
    for (size_t i = 0; i < count; i++)
        buf_printf(b, "%s%u", i ? "," : "", frames[i]);
    buf_str(b, "}");
    return buf_check(b, "the numbers of frames", e);
}

int image_place_find(struct catalog *c, const struct image_place_query *q, struct mem *m, struct image_place *out,
                     struct err *e)
{
    struct placing p = {m, out};
    struct buf numbers;
    int rc;

    *out = (struct image_place){.table = NULL};
    buf_init(&numbers, LIST_MAX);
    rc = put_numbers(&numbers, q->frames, q->count, e);
    if (rc == 0)
        rc = db_query(catalog_db(c), &find_place, (const char *[]){q->sop_uid, numbers.data}, take_image, &p, e);
    buf_release(&numbers);
    return rc;
}

static int take_middle(void *ctx, struct db_row *r, struct err *e)
{
    struct image_middle *m = ctx;

    (void)e;
    db_row_copy(r, 0, m->series, sizeof m->series);
    db_row_copy(r, 1, m->instance, sizeof m->instance);
    return 0;
}

int image_place_middle(struct catalog *c, const char *study, const char *series, struct image_middle *out, struct err *e)
{
    *out = (struct image_middle){.series = ""};
    return db_query(catalog_db(c), &find_middle, (const char *[]){study, series}, take_middle, out, e);
}
