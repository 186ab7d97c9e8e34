/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "base/crc.h"
#include "base/deflate.h"
#include "base/gzip.h"
#include "base/io.h"

/* zlib, as a judge, reads back what was made; that is the same a second time.
 */
static void round_trip(size_t len)
{
    uint8_t *data = malloc(len + 1), *back = malloc(len + 1), *packed = NULL;
    struct err e = ERR_INIT;
    uint64_t made[2] = {0, 0};
    int in = memfd_create("in", 0);

    assert_true(data && back && in >= 0);
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)(i / 100 * 7 + (i % 3));
    assert_int_equal(io_write(in, data, len), 0);
    for (int i = 0; i < 2; i++) {
        int out = memfd_create("out", 0);
        struct sink s;
        z_stream z = {0};

        assert_ok(sink_open(&s, sink_to_fd, &out, &e), &e);
        assert_ok(gzip_file(in, len, crc_update(0, data, len), &s, &e), &e);
        made[i] = s.total;
        assert_ok(sink_flush(&s, &e), &e);
        sink_close(&s);
        packed = malloc(made[i]);
        assert_int_equal(io_pread(out, packed, made[i], 0), made[i]);
        assert_int_equal(inflateInit2(&z, 16 + MAX_WBITS), Z_OK);
        z.next_in = packed;
        z.avail_in = (uInt)made[i];
        z.next_out = back;
        z.avail_out = (uInt)len + 1;
        assert_int_equal(inflate(&z, Z_FINISH), Z_STREAM_END);
        assert_int_equal(z.total_out, len);
        assert_int_equal(z.avail_in, 0);
        assert_memory_equal(back, data, len);
        inflateEnd(&z);
        free(packed);
        close(out);
    }
    assert_true(made[0] == made[1]);
    assert_true(len < 10000 || made[0] < len / 10);
    close(in);
    free(data);
    free(back);
}

static void files_come_back(void **state)
{
    static const size_t lengths[] = {
        0, 1, 100, DEFLATE_BLOCK - 1, DEFLATE_BLOCK, DEFLATE_BLOCK + 1, 3 * DEFLATE_BLOCK + 5};

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        round_trip(lengths[i]);
}

static void a_file_that_is_too_short_is_an_error(void **state)
{
    struct err e = ERR_INIT;
    int in = memfd_create("in", 0), out = memfd_create("out", 0);
    struct sink s;

    (void)state;
    assert_ok(sink_open(&s, sink_to_fd, &out, &e), &e);
    assert_err(gzip_file(in, 5, 0, &s, &e), ERR_SYSTEM, &e);
    sink_close(&s);
    close(in);
    close(out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_come_back),
        cmocka_unit_test(a_file_that_is_too_short_is_an_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
