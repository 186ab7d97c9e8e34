/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include "base/sink.h"

struct memory {
    uint8_t *data;
    size_t len;
    int flushes;
};

static int keep(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct memory *m = ctx;

    (void)e;
    assert_true(len > 0 && len <= SINK_BUFFER);
    memcpy(m->data + m->len, data, len);
    m->len += len;
    m->flushes++;
    return 0;
}

static void bytes_come_out_as_they_went_in(void **state)
{
    static const size_t pieces[] = {
        1, 0, 7, 65528, SINK_BUFFER - 1, SINK_BUFFER, 1, SINK_BUFFER * 3 + 5, 2};
    size_t total = 0;
    struct err e = ERR_INIT;
    struct memory m = {.data = malloc(SINK_BUFFER * 8)};
    uint8_t *source = malloc(SINK_BUFFER * 8);
    struct sink s;

    (void)state;
    for (size_t i = 0; i < SINK_BUFFER * 8; i++)
        source[i] = (uint8_t)(i * 31 >> 3);
    assert_ok(sink_open(&s, keep, &m, &e), &e);
    for (size_t i = 0; i < sizeof pieces / sizeof *pieces; i++) {
        assert_ok(sink_put(&s, source + total, pieces[i], &e), &e);
        total += pieces[i];
        assert_int_equal(s.total, total);
    }
    assert_ok(sink_flush(&s, &e), &e);
    assert_ok(sink_flush(&s, &e), &e);
    assert_int_equal(m.len, total);
    assert_memory_equal(m.data, source, total);
    assert_int_equal(m.flushes, (int)(total / SINK_BUFFER) + 1);
    sink_close(&s);
    free(source);
    free(m.data);
}

static void a_record_that_is_hurried_goes_by_itself(void **state)
{
    static const uint8_t data[SINK_BUFFER];
    struct err e = ERR_INIT;
    struct memory m = {.data = malloc(SINK_BUFFER * 8)};
    struct sink s;

    (void)state;
    assert_ok(sink_open(&s, keep, &m, &e), &e);
    for (int i = 0; i < 2; i++) {
        m.len = 0;
        m.flushes = 0;
        assert_ok(sink_put(&s, data, 100, &e), &e);
        assert_ok(sink_flush(&s, &e), &e);
        sink_hurry(&s);
        assert_ok(sink_put(&s, data, SINK_RECORD, &e), &e);
        assert_int_equal(m.len, 100);
        assert_ok(sink_put(&s, data, 1, &e), &e);
        assert_int_equal(m.len, 100 + SINK_RECORD);
        assert_ok(sink_put(&s, data, SINK_BUFFER, &e), &e);
        assert_int_equal(m.len, 100 + SINK_RECORD + SINK_BUFFER);
        assert_int_equal(m.flushes, 3);
        sink_drop(&s);
    }
    sink_hurry(&s);
    sink_drop(&s);
    m.len = 0;
    assert_ok(sink_put(&s, data, SINK_BUFFER, &e), &e);
    assert_int_equal(m.len, 0);
    sink_close(&s);
    free(m.data);
}

static void space_is_never_empty(void **state)
{
    struct err e = ERR_INIT;
    struct sink s;
    size_t room;

    (void)state;
    assert_ok(sink_open(&s, sink_to_nowhere, NULL, &e), &e);
    for (int i = 0; i < 10; i++) {
        uint8_t *to = sink_space(&s, &room, &e);

        assert_non_null(to);
        assert_true(room > 0);
        memset(to, 1, room);
        sink_commit(&s, i % 2 ? room : room / 2);
    }
    sink_close(&s);
}

/* What was not flushed is dropped with the sink: nothing is ever finished by
 * cleaning up. */
static void closing_finishes_nothing(void **state)
{
    struct err e = ERR_INIT;
    struct memory m = {0};
    struct sink s;

    (void)state;
    assert_ok(sink_open(&s, keep, &m, &e), &e);
    assert_ok(sink_put(&s, "x", 1, &e), &e);
    sink_close(&s);
    assert_int_equal(m.flushes, 0);
}

static void a_reader_that_left_is_no_failure_of_ours(void **state)
{
    struct err e = ERR_INIT;
    struct sink s;
    int ends[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(pipe(ends), 0);
    assert_ok(sink_open(&s, sink_to_fd, &ends[1], &e), &e);
    assert_ok(sink_put(&s, "abc", 3, &e), &e);
    assert_ok(sink_flush(&s, &e), &e);
    close(ends[0]);
    assert_ok(sink_put(&s, "abc", 3, &e), &e);
    assert_err(sink_flush(&s, &e), ERR_PEER, &e);
    close(ends[1]);
    assert_ok(sink_put(&s, "abc", 3, &e), &e);
    assert_err(sink_flush(&s, &e), ERR_SYSTEM, &e);
    sink_close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(a_record_that_is_hurried_goes_by_itself),
        cmocka_unit_test(space_is_never_empty),
        cmocka_unit_test(closing_finishes_nothing),
        cmocka_unit_test(a_reader_that_left_is_no_failure_of_ours),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
