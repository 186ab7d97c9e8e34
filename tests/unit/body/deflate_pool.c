/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <unistd.h>
#include <zlib.h>

#include "base/deflate.h"
#include "base/io.h"
#include "body/deflate_pool.h"

#define SMALL 200
#define SMALL_SIZE ((size_t)20011)
#define LARGE_SIZE (5 * DEFLATE_BLOCK / 2)

static int file = -1;
static uint8_t content[LARGE_SIZE];

/* The n-th piece of a study of SMALL small members and a large one, at rising
 * offsets of one file. */
struct dataset_walk {
    size_t member;
    uint64_t at; /* within the large member */
};

static bool fill(struct dataset_walk *w, struct deflate_pool_job *j)
{
    while (w->member <= SMALL) {
        struct deflate_pool_piece piece = {.fd = file,
                                           .offset = 17 * w->member,
                                           .len = SMALL_SIZE,
                                           .last = true,
                                           .tag = w->member};

        if (w->member == SMALL) {
            size_t rest = LARGE_SIZE - w->at;

            piece.offset = w->at;
            piece.len = rest < DEFLATE_BLOCK ? rest : DEFLATE_BLOCK;
            piece.last = piece.len == rest;
        }
        if (!deflate_pool_fits(j, piece.len))
            break;
        j->taken += piece.len;
        j->pieces[j->count++] = piece;
        w->at += w->member == SMALL ? piece.len : 0;
        w->member += piece.last;
    }
    return j->count > 0;
}

static void fill_ring(struct deflate_pool *p, struct dataset_walk *w)
{
    struct deflate_pool_job *j;

    while (w->member <= SMALL && (j = deflate_pool_begin(p)) && fill(w, j))
        deflate_pool_submit(p);
}

static void check_piece(const struct deflate_pool_job *j, const struct deflate_pool_piece *piece,
                        z_stream *s)
{
    static uint8_t back[LARGE_SIZE];

    assert_int_equal(piece->crc, crc32(0, content + piece->offset, (uInt)piece->len));
    s->next_in = j->data + piece->at;
    s->avail_in = (uInt)piece->made;
    s->next_out = back;
    s->avail_out = sizeof back;
    s->total_out = 0;
    assert_int_equal(inflate(s, Z_NO_FLUSH), piece->last ? Z_STREAM_END : Z_OK);
    assert_int_equal(s->total_out, piece->len);
    assert_memory_equal(back, content + piece->offset, piece->len);
    if (piece->last)
        assert_int_equal(inflateReset(s), Z_OK);
}

static uint32_t press_all(unsigned threads)
{
    struct err e = ERR_INIT;
    struct deflate_pool *p;
    struct deflate_pool_job *j;
    struct dataset_walk w = {0};
    z_stream s = {0};
    uint64_t tag = 0;
    uint32_t crc = 0;

    assert_int_equal(inflateInit2(&s, -15), Z_OK);
    assert_ok(deflate_pool_open(threads, &p, &e), &e);
    for (fill_ring(p, &w); (j = deflate_pool_take(p)); deflate_pool_drop(p), fill_ring(p, &w)) {
        assert_ok(j->err.kind ? -1 : 0, &j->err);
        for (size_t i = 0; i < j->count; i++) {
            assert_int_equal(j->pieces[i].tag, tag);
            tag += j->pieces[i].last;
            check_piece(j, &j->pieces[i], &s);
            crc = (uint32_t)crc32(crc, j->data + j->pieces[i].at, (uInt)j->pieces[i].made);
        }
    }
    assert_int_equal(tag, SMALL + 1);
    inflateEnd(&s);
    deflate_pool_close(p);
    return crc;
}

static void order_and_bytes_do_not_depend_on_threads(void **state)
{
    uint32_t one = press_all(1);

    (void)state;
    assert_int_equal(press_all(2), one);
    assert_int_equal(press_all(4), one);
    assert_int_equal(press_all(4), one);
}

static void a_file_cut_short_is_an_error_of_its_job(void **state)
{
    struct err e = ERR_INIT;
    struct deflate_pool *p;
    struct deflate_pool_job *j;

    (void)state;
    assert_ok(deflate_pool_open(2, &p, &e), &e);
    j = deflate_pool_begin(p);
    j->pieces[j->count++] =
        (struct deflate_pool_piece){.fd = file, .offset = LARGE_SIZE - 10, .len = 11, .last = true};
    deflate_pool_submit(p);
    j = deflate_pool_take(p);
    assert_int_equal(j->err.kind, ERR_DATA);
    deflate_pool_drop(p);
    assert_null(deflate_pool_take(p));
    deflate_pool_close(p);
}

static void work_may_be_left_unfinished(void **state)
{
    struct err e = ERR_INIT;

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct deflate_pool *p;
        struct dataset_walk w = {0};

        assert_ok(deflate_pool_open(3, &p, &e), &e);
        fill_ring(p, &w);
        assert_null(deflate_pool_begin(p));
        deflate_pool_close(p);
    }
    deflate_pool_close(NULL);
}

static int make(void **state)
{
    char path[] = "/tmp/wadozip-press-XXXXXX";
    uint32_t x = 1;

    (void)state;
    for (size_t i = 0; i < sizeof content; i++) {
        x = x * 1664525u + 1013904223u;
        content[i] = (uint8_t)(i % 2 ? 3 : 100 + ((x >> 24) & 15));
    }
    file = mkstemp(path);
    unlink(path);
    return file < 0 || io_write(file, content, sizeof content);
}

static int clean(void **state)
{
    (void)state;
    return close(file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(order_and_bytes_do_not_depend_on_threads),
        cmocka_unit_test(a_file_cut_short_is_an_error_of_its_job),
        cmocka_unit_test(work_may_be_left_unfinished),
    };
    return cmocka_run_group_tests(tests, make, clean);
}
