/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <unistd.h>

#include "base/sink.h"
#include "base/sink_thread.h"

#define LOADS 40

/* A receiver that can be held up, and that fails at the load with this number
 * (from 1; 0: never). */
struct receiver {
    pthread_mutex_t gate;
    size_t count, fail_at;
    uint8_t first[LOADS];
    size_t lengths[LOADS];
    bool torn; /* a buffer was written to while it was on its way */
    pthread_t who;
};

static int receive(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct receiver *v = ctx;

    pthread_mutex_lock(&v->gate);
    v->who = pthread_self();
    v->first[v->count] = data[0];
    v->lengths[v->count++] = len;
    for (size_t i = 0; i < len; i++)
        v->torn |= data[i] != data[0];
    pthread_mutex_unlock(&v->gate);
    return v->count == v->fail_at ? err_set(e, ERR_PEER, "load %zu", v->count) : 0;
}

struct fixture {
    struct receiver to;
    struct sink sink;
    struct err e;
};

static void open_fixture(struct fixture *f, size_t fail_at)
{
    *f = (struct fixture){.to = {.gate = PTHREAD_MUTEX_INITIALIZER, .fail_at = fail_at}};
    assert_ok(sink_open(&f->sink, receive, &f->to, &f->e), &f->e);
    assert_ok(sink_start_thread(&f->sink, &f->e), &f->e);
}

/* Fills the buffer with bytes of this value, len of them, and flushes. */
static int put(struct fixture *f, uint8_t value, size_t len)
{
    size_t room;
    uint8_t *to = sink_space(&f->sink, &room, &f->e);

    if (!to)
        return -1;
    assert_true(len <= room);
    memset(to, value, len);
    sink_commit(&f->sink, len);
    return sink_flush(&f->sink, &f->e);
}

static void loads_arrive_in_order_and_whole(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, 0);
    for (size_t i = 0; i < LOADS; i++)
        assert_ok(put(&f, (uint8_t)i, i % 2 ? SINK_BUFFER : i + 1), &f.e);
    assert_ok(sink_settle(&f.sink, &f.e), &f.e);
    assert_int_equal(f.to.count, LOADS);
    for (size_t i = 0; i < LOADS; i++) {
        assert_int_equal(f.to.first[i], i);
        assert_int_equal(f.to.lengths[i], i % 2 ? SINK_BUFFER : i + 1);
    }
    assert_false(f.to.torn);
    assert_false(pthread_equal(f.to.who, pthread_self()));
    sink_close(&f.sink);
}

static void filling_goes_on_while_the_receiver_waits(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, 0);
    pthread_mutex_lock(&f.to.gate);
    for (uint8_t i = 0; i < SINK_THREAD_BUFFERS; i++)
        assert_ok(put(&f, i, SINK_BUFFER), &f.e);
    assert_int_equal(f.to.count, 0);
    pthread_mutex_unlock(&f.to.gate);
    assert_ok(sink_settle(&f.sink, &f.e), &f.e);
    assert_int_equal(f.to.count, SINK_THREAD_BUFFERS);
    assert_false(f.to.torn);
    sink_close(&f.sink);
}

static void a_failure_is_reported_once_and_nothing_follows_it(void **state)
{
    struct fixture f;
    size_t i = 0;

    (void)state;
    open_fixture(&f, 3);
    while (i < LOADS && put(&f, (uint8_t)i, 1) == 0)
        i++;
    assert_in_range(i, 3, 3 + SINK_THREAD_BUFFERS);
    assert_int_equal(f.e.kind, ERR_PEER);
    assert_string_equal(f.e.text, "load 3");
    err_clear(&f.e);
    assert_err(sink_settle(&f.sink, &f.e), ERR_PEER, &f.e);
    assert_int_equal(f.to.count, 3);
    err_clear(&f.e);
    assert_ok(put(&f, 9, 1), &f.e);
    assert_ok(sink_settle(&f.sink, &f.e), &f.e);
    assert_int_equal(f.to.count, 4);
    sink_close(&f.sink);
}

static void settling_reports_what_no_flush_could(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, 1);
    assert_ok(put(&f, 1, 1), &f.e);
    assert_err(sink_settle(&f.sink, &f.e), ERR_PEER, &f.e);
    sink_close(&f.sink);
}

static void dropped_loads_are_not_sent(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, 0);
    pthread_mutex_lock(&f.to.gate);
    for (uint8_t i = 0; i < SINK_THREAD_BUFFERS; i++)
        assert_ok(put(&f, i, 1), &f.e);
    assert_int_equal(sink_put(&f.sink, "x", 1, &f.e), 0);
    pthread_mutex_unlock(&f.to.gate);
    sink_drop(&f.sink);
    assert_in_range(f.to.count, 0, SINK_THREAD_BUFFERS);
    assert_int_equal(f.sink.used, 0);
    f.to.count = 0;
    assert_ok(sink_settle(&f.sink, &f.e), &f.e);
    assert_int_equal(f.to.count, 0);
    sink_close(&f.sink);
}

static void closing_leaves_nothing_behind(void **state)
{
    struct fixture f;

    (void)state;
    open_fixture(&f, 0);
    sink_close(&f.sink);
    open_fixture(&f, 1);
    assert_ok(put(&f, 1, 1), &f.e);
    sink_close(&f.sink);
    sink_thread_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(loads_arrive_in_order_and_whole),
        cmocka_unit_test(filling_goes_on_while_the_receiver_waits),
        cmocka_unit_test(a_failure_is_reported_once_and_nothing_follows_it),
        cmocka_unit_test(settling_reports_what_no_flush_could),
        cmocka_unit_test(dropped_loads_are_not_sent),
        cmocka_unit_test(closing_leaves_nothing_behind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
