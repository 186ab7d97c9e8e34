/* SPDX-License-Identifier: MIT */
#include "body/splice_table.h"

#include "base/crc.h"
#include "base/io.h"
#include "base/le.h"
#include "base/spool.h"
#include "body/splice.h"

/* Bytes of a side of a member: two sizes and two CRC-32s. Of a member: both
 * sides, the size of the pixel data in the file, and whether it lies between. */
#define SIDE (2 * 8 + 2 * 4)
#define ROW (2 * SIDE + 8 + 1)
#define HEADER_MAX ((uint64_t)1 << 40) /* bytes: no sum overflows */

static struct cache_key table_key(const struct content *f)
{
    return (struct cache_key){.sop_uid = f->progress->etag, .target = "headers 2"};
}

static uint8_t *put_side(const struct splice_side *s, uint8_t *at)
{
    at = le64_put(le64_put(at, s->size), s->stored_size);
    return le32_put(le32_put(at, s->crc), s->stored_crc);
}

static bool get_side(const uint8_t *at, struct splice_side *s)
{
    *s = (struct splice_side){.size = le64_get(at),
                              .stored_size = le64_get(at + 8),
                              .crc = le32_get(at + 16),
                              .stored_crc = le32_get(at + 20)};
    return s->size <= HEADER_MAX && s->stored_size <= HEADER_MAX;
}

static void put_row(const struct splice *s, const struct plan_pixels *pixels, uint8_t out[ROW])
{
    uint8_t *at = put_side(&s->tail, put_side(&s->head, out));

    *le64_put(at, pixels->length) = s->pixels;
}

/* The catalogue can have found pixel data since then. */
static bool get_row(const uint8_t row[ROW], const struct plan_pixels *pixels, struct splice *s)
{
    const uint8_t *at = row + 2 * SIDE;

    *s = (struct splice){.pixels = at[8] == 1, .known = true};
    return get_side(row, &s->head) && get_side(row + SIDE, &s->tail) &&
           le64_get(at) == pixels->length;
}

static bool read_rows(struct content *f, const struct helper_result *r)
{
    const struct plan *p = f->plan;
    size_t bytes = p->count * ROW;
    struct err none = ERR_INIT;
    uint8_t *rows = r->size == bytes ? malloc(bytes) : NULL;
    bool good = rows && io_pread(r->fd, rows, bytes, 0) == (ssize_t)bytes;

    for (size_t i = 0; i < p->count && good; i++)
        if (splices_member(p, i))
            good = get_row(rows + i * ROW, &p->pixels[i], &f->splices.of[i]) &&
                   splice_complete(f, i, &none) == 0;
    free(rows);
    return good;
}

bool splice_table_get(struct content *f, struct cache *k, const char *spool)
{
    const struct cache_key key = table_key(f);
    struct err none = ERR_INIT;
    struct helper_result r;
    bool good;

    if (!k || !cache_get(k, &key, HELPER_PACK_NOTHING, &r))
        return false;
    good = splice_begin(f, spool, &none) == 0 && read_rows(f, &r);
    io_close(&r.fd);
    if (!good) {
        splices_release(&f->splices);
        cache_drop(k, &key);
    }
    return good;
}

void splice_table_put(const struct content *f, struct cache *k, const char *spool)
{
    const struct cache_key key = table_key(f);
    size_t bytes = f->plan->count * ROW;
    struct err none = ERR_INIT;
    uint8_t *rows = k ? malloc(bytes) : NULL;
    struct helper_result made = {.fd = rows ? spool_unlinked_file(spool, &none) : -1,
                                 .size = bytes};

    for (size_t i = 0; i < f->plan->count && rows; i++)
        put_row(&f->splices.of[i],
                splices_member(f->plan, i) ? &f->plan->pixels[i] : &(struct plan_pixels){0},
                rows + i * ROW);
    if (made.fd >= 0 && io_write(made.fd, rows, bytes) == 0) {
        made.crc = made.packed_crc = crc_update(0, rows, bytes);
        cache_put(k, &key, &made);
    }
    io_close(&made.fd);
    free(rows);
}

void splice_table_drop(const struct content *f, struct cache *k)
{
    const struct cache_key key = table_key(f);

    if (k && f->splices.of)
        cache_drop(k, &key);
}
