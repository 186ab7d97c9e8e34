/* SPDX-License-Identifier: MIT */
#include "body/splice_table.h"

#include "base/crc.h"
#include "base/io.h"
#include "base/le.h"
#include "base/spool.h"
#include "body/splice.h"

/* Bytes of a member: sizes before and after pixel data, and of it in the file;
 * CRC-32s; whether it lies between. */
#define ROW (3 * 8 + 2 * 4 + 1)
#define HEADER_MAX ((uint64_t)1 << 40) /* bytes: no sum overflows */

static struct cache_key table_key(const struct content *f)
{
    return (struct cache_key){.sop_uid = f->progress->etag, .target = "headers 1"};
}

static void put_row(const struct splice *s, const struct plan_pixels *pixels, uint8_t out[ROW])
{
    uint8_t *at = le64_put(le64_put(le64_put(out, s->head), s->tail), pixels->length);

    *le32_put(le32_put(at, s->head_crc), s->tail_crc) = s->pixels;
}

/* The catalogue can have found pixel data since then. */
static bool get_row(const uint8_t row[ROW], const struct plan_pixels *pixels, struct splice *s)
{
    *s = (struct splice){.head = le64_get(row),
                         .tail = le64_get(row + 8),
                         .head_crc = le32_get(row + 24),
                         .tail_crc = le32_get(row + 28),
                         .pixels = row[32] == 1,
                         .known = true};
    return s->head <= HEADER_MAX && s->tail <= HEADER_MAX && le64_get(row + 16) == pixels->length;
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
