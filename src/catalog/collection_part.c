/* SPDX-License-Identifier: MIT */
#include "catalog/collection_part.h"

struct dividing {
    uint64_t part_bytes;
    collection_each_piece *each;
    void *ctx;
    struct collection_piece piece; /* that is being filled */
};

static int end_piece(struct dividing *d, struct err *e)
{
    return d->piece.series ? d->each(d->ctx, &d->piece, e) : 0;
}

static int divide(void *ctx, const struct collection_series *s, struct err *e)
{
    struct dividing *d = ctx;
    struct collection_piece *p = &d->piece;

    if (d->part_bytes && p->series &&
        (s->bytes > d->part_bytes || p->bytes > d->part_bytes - s->bytes)) {
        if (end_piece(d, e))
            return -1;
        *p = (struct collection_piece){.number = p->number + 1, .places = {s->place, s->place}};
    }
    p->places.end = s->place + 1;
    p->series++;
    p->instances += s->instances;
    p->bytes += s->bytes;
    return 0;
}

int collection_pieces(struct catalog *c, const char *id, uint64_t part_bytes,
                      collection_each_piece *each, void *ctx, struct err *e)
{
    struct dividing d = {part_bytes, each, ctx, {.number = 1, .places = {1, 1}}};

    return collection_series(c, id, divide, &d, e) || end_piece(&d, e) ? -1 : 0;
}

struct finding_piece {
    uint32_t number, count;
    struct collection_piece *out;
};

static int note_piece(void *ctx, const struct collection_piece *p, struct err *e)
{
    struct finding_piece *f = ctx;

    (void)e;
    f->count = p->number;
    if (p->number == f->number)
        *f->out = *p;
    return 0;
}

int collection_piece(struct catalog *c, const char *id, uint64_t part_bytes, uint32_t number,
                     struct collection_piece *out, struct err *e)
{
    struct finding_piece f = {number, 0, out};

    if (collection_pieces(c, id, part_bytes, note_piece, &f, e))
        return -1;
    return number <= f.count
               ? 0
               : err_set(e, ERR_NOT_FOUND, "the collection has %u parts of this size", f.count);
}
