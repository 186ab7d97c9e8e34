/* SPDX-License-Identifier: MIT */
/* Sides of de-identified members in the file of headers. */
#include "tests/unit/body/study.h"

#include <sys/mman.h>
#include <zlib.h>

#include "base/deflate.h"
#include "body/splice_side.h"

#define BYTES (2 * DEFLATE_BLOCK + 77)

/* A file of text that shrinks, and the folder for the file of headers. */
struct side_test {
    struct splices s;
    uint8_t *data, *back;
    int fd;
};

static void side_open(struct side_test *t)
{
    *t = (struct side_test){.s = {.fd = -1, .spool = "/tmp"},
                            .data = malloc(BYTES),
                            .back = malloc(BYTES + 1),
                            .fd = memfd_create("result", MFD_CLOEXEC)};
    t->s.of = calloc(1, sizeof *t->s.of);
    fixture_fill(t->data, BYTES, 5);
    for (size_t i = 0; i < BYTES; i++)
        t->data[i] &= 7;
    assert_int_equal(io_write(t->fd, t->data, BYTES), 0);
}

static void side_close(struct side_test *t)
{
    splices_release(&t->s);
    free(t->data);
    free(t->back);
    close(t->fd);
}

static struct splice_side append(struct side_test *t, const struct splice_span *span)
{
    struct splice_side side;
    struct err e = ERR_INIT;

    assert_ok(splice_side_append(&t->s, span, &side, &e), &e);
    assert_int_equal(side.size, span->end - span->from);
    assert_int_equal(side.crc, crc_update(0, t->data + span->from, side.size));
    return side;
}

static uint8_t *stored(const struct side_test *t, const struct splice_side *side)
{
    uint8_t *bytes = malloc(side->stored_size + 1);

    assert_int_equal(io_pread(t->s.fd, bytes, side->stored_size, side->stored_at),
                     side->stored_size);
    assert_int_equal(side->stored_crc, crc_update(0, bytes, side->stored_size));
    return bytes;
}

/* Spans of several blocks, and an empty one, are one stream together. */
static void deflated_sides_are_one_stream(void **state)
{
    static const uint64_t cuts[] = {0, 1, DEFLATE_BLOCK + 9, BYTES};
    struct side_test t;
    z_stream z = {0};

    (void)state;
    for (size_t k = 0; k < sizeof cuts / sizeof *cuts; k++) {
        side_open(&t);
        z = (z_stream){.next_out = t.back, .avail_out = BYTES + 1};
        assert_int_equal(inflateInit2(&z, -15), Z_OK);
        for (int n = 0; n < 2; n++) {
            const struct splice_side side =
                append(&t, &(struct splice_span){t.fd, n ? cuts[k] : 0, n ? BYTES : cuts[k], true,
                                                 n == 1});
            uint8_t *bytes = stored(&t, &side);

            z.next_in = bytes;
            z.avail_in = (uInt)side.stored_size;
            assert_int_equal(inflate(&z, Z_SYNC_FLUSH), n ? Z_STREAM_END : Z_OK);
            assert_int_equal(z.avail_in, 0);
            assert_int_equal(z.total_out, n ? BYTES : cuts[k]);
            free(bytes);
        }
        assert_memory_equal(t.back, t.data, BYTES);
        assert_true(t.s.size < BYTES);
        inflateEnd(&z);
        side_close(&t);
    }
}

static void plain_sides_are_copies(void **state)
{
    static const uint64_t cuts[] = {0, 100, 100, BYTES};
    struct side_test t;
    uint64_t at = 0;

    (void)state;
    side_open(&t);
    for (size_t k = 0; k + 1 < sizeof cuts / sizeof *cuts; k++) {
        const struct splice_side side =
            append(&t, &(struct splice_span){t.fd, cuts[k], cuts[k + 1], false, false});
        uint8_t *bytes = stored(&t, &side);

        assert_true(side.at == at && side.stored_at == at && side.stored_size == side.size);
        assert_memory_equal(bytes, t.data + cuts[k], side.size);
        at += side.size;
        free(bytes);
    }
    assert_int_equal(t.s.size, BYTES);
    side_close(&t);
}

static void a_short_result_is_an_error(void **state)
{
    struct side_test t;
    struct splice_side side;
    struct err e = ERR_INIT;

    (void)state;
    side_open(&t);
    assert_int_equal(
        splice_side_append(&t.s, &(struct splice_span){t.fd, 0, BYTES + 1, true, true}, &side, &e),
        -1);
    assert_int_equal(e.kind, ERR_SYSTEM);
    side_close(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deflated_sides_are_one_stream),
        cmocka_unit_test(plain_sides_are_copies),
        cmocka_unit_test(a_short_result_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
