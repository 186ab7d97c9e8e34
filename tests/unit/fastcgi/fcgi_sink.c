/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fastcgi.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "fastcgi/fcgi_sink.h"

#define REQUEST_ID 0x1234

/* The web server's end: reads slowly and in odd pieces until the connection
 * ends. */
struct peer_access {
    int fd;
    uint8_t *data;
    size_t len, room;
    pthread_t thread;
};

static void *read_all(void *arg)
{
    struct peer_access *r = arg;
    sigset_t all;
    ssize_t n;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    do {
        size_t piece = r->len % 7 ? 70001 : 4093, left = r->room - r->len;

        n = read(r->fd, r->data + r->len, piece < left ? piece : left);
        r->len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    return NULL;
}

static void open_pair(int fd[2], struct peer_access *r, size_t room)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    *r = (struct peer_access){.fd = fd[1], .data = malloc(room), .room = room};
    assert_non_null(r->data);
    assert_int_equal(pthread_create(&r->thread, NULL, read_all, r), 0);
}

static void end_reader(int fd[2], struct peer_access *r)
{
    close(fd[0]);
    pthread_join(r->thread, NULL);
    close(fd[1]);
}

struct record {
    unsigned type, id, len, padding;
    const uint8_t *content;
};

static size_t parse(const struct peer_access *r, size_t at, struct record *out)
{
    const uint8_t *h = r->data + at;

    assert_true(at + 8 <= r->len);
    assert_int_equal(h[0], FCGI_VERSION_1);
    *out =
        (struct record){h[1], (unsigned)h[2] << 8 | h[3], (unsigned)h[4] << 8 | h[5], h[6], h + 8};
    assert_int_equal(out->id, REQUEST_ID);
    assert_true(at + 8 + out->len + out->padding <= r->len);
    return at + 8 + out->len + out->padding;
}

static uint8_t pattern(size_t i)
{
    return (uint8_t)(i * 31 + i / 65528);
}

/* Sends `total` bytes in flushes of `piece`, then reads the records back. */
static void round_trip(size_t total, size_t piece, uint64_t send_buffer, size_t records)
{
    uint8_t *data = malloc(total ? total : 1);
    size_t seen = 0, at = 0, n = 0, i;
    struct fcgi_sink s;
    struct peer_access r;
    struct record rec = {0};
    struct err e = ERR_INIT;
    int fd[2];

    assert_non_null(data);
    for (i = 0; i < total; i++)
        data[i] = pattern(i);
    open_pair(fd, &r, total + 8 * (total / 1000 + 16) + 64);
    fcgi_sink_init(&s, fd[0], REQUEST_ID, send_buffer);
    for (i = 0; total - i > piece; i += piece)
        assert_ok(fcgi_sink_flush(&s, data + i, piece, &e), &e);
    assert_false(s.finished);
    assert_ok(fcgi_sink_finish(&s, data + i, total - i, &e), &e);
    assert_true(s.finished && s.touched);
    assert_true(s.sent == total);
    end_reader(fd, &r);
    for (at = parse(&r, 0, &rec); rec.len; at = parse(&r, at, &rec), n++) {
        assert_int_equal(rec.type, FCGI_STDOUT);
        assert_memory_equal(rec.content, data + seen, rec.len);
        seen += rec.len;
    }
    assert_int_equal(rec.type, FCGI_STDOUT);
    assert_int_equal(seen, total);
    assert_int_equal(n, records);
    assert_int_equal(parse(&r, at, &rec), r.len);
    assert_int_equal(rec.type, FCGI_END_REQUEST);
    assert_int_equal(rec.len, 8);
    assert_int_equal(rec.content[4], FCGI_REQUEST_COMPLETE);
    free(data);
    free(r.data);
}

static void records_carry_every_byte(void **state)
{
    (void)state;
    round_trip(0, 1, 0, 0);
    round_trip(1, 1, 0, 1);
    round_trip(SINK_RECORD, SINK_RECORD, 0, 1);
    round_trip(SINK_RECORD + 1, SINK_RECORD + 1, 0, 2);
    round_trip(SINK_BUFFER, SINK_BUFFER, 0, 4);
    round_trip(SINK_BUFFER + 5, SINK_BUFFER + 5, 0, 5);
    round_trip(9 * SINK_RECORD + 1, 9 * SINK_RECORD + 1, 0, 10);
    round_trip(100000, 1000, 0, 100);
}

static void partial_writes_are_completed(void **state)
{
    (void)state;
    round_trip(4 * SINK_BUFFER + 12345, SINK_BUFFER, 4096, 17);
}

static volatile sig_atomic_t ticks;

static void tick(int sig)
{
    (void)sig;
    ticks++;
}

/* A reader that starts late makes writev block and be interrupted. */
static void interrupted_writes_are_repeated(void **state)
{
    struct sigaction a = {.sa_handler = tick}, old;
    struct itimerspec t = {{0, 1000000}, {0, 1000000}};
    struct sigevent ev = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM};
    timer_t timer;

    (void)state;
    assert_int_equal(sigaction(SIGALRM, &a, &old), 0);
    assert_int_equal(timer_create(CLOCK_MONOTONIC, &ev, &timer), 0);
    assert_int_equal(timer_settime(timer, 0, &t, NULL), 0);
    ticks = 0;
    do
        round_trip(2 * SINK_BUFFER, SINK_BUFFER, 4096, 8);
    while (ticks < 20);
    timer_delete(timer);
    sigaction(SIGALRM, &old, NULL);
}

static void a_peer_that_has_gone_is_no_failure_of_ours(void **state)
{
    static uint8_t data[SINK_BUFFER];
    struct fcgi_sink s;
    struct err e = ERR_INIT;
    int fd[2];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    fcgi_sink_init(&s, fd[0], REQUEST_ID, 0);
    close(fd[1]);
    assert_err(fcgi_sink_flush(&s, data, sizeof data, &e), ERR_PEER, &e);
    assert_false(s.touched || s.finished);
    assert_err(fcgi_sink_finish(&s, data, 1, &e), ERR_PEER, &e);
    assert_false(s.finished);
    close(fd[0]);
}

/* lighttpd closes at the last byte of a known length; a server that leaves
 * bytes unread has not taken the answer. */
static void an_early_close_counts_as_success_only_when_everything_was_read(void **state)
{
    static const uint8_t data[1000];
    static uint8_t got[sizeof data + 8];

    (void)state;
    signal(SIGPIPE, SIG_IGN);
    for (int unread = 0; unread < 2; unread++) {
        struct fcgi_sink s;
        struct err e = ERR_INIT;
        int fd[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
        fcgi_sink_init(&s, fd[0], REQUEST_ID, 0);
        assert_ok(fcgi_sink_flush(&s, data, sizeof data, &e), &e);
        assert_int_equal(read(fd[1], got, sizeof got - (size_t)unread),
                         sizeof got - (size_t)unread);
        close(fd[1]);
        if (unread)
            assert_err(fcgi_sink_finish(&s, NULL, 0, &e), ERR_PEER, &e);
        else
            assert_ok(fcgi_sink_finish(&s, NULL, 0, &e), &e);
        assert_int_equal(s.finished, !unread);
        close(fd[0]);
    }
}

static void closing_without_finish_leaves_no_end_record(void **state)
{
    static const uint8_t data[100];
    struct fcgi_sink s;
    struct peer_access r;
    struct record rec;
    struct err e = ERR_INIT;
    int fd[2];

    (void)state;
    open_pair(fd, &r, 4096);
    fcgi_sink_init(&s, fd[0], REQUEST_ID, 0);
    assert_ok(fcgi_sink_flush(&s, data, sizeof data, &e), &e);
    end_reader(fd, &r);
    assert_int_equal(parse(&r, 0, &rec), r.len);
    assert_int_equal(rec.type, FCGI_STDOUT);
    free(r.data);
}

/* What is left after fcgi_sink_near_end goes at once, however full the socket
 * was. */
static void the_end_does_not_wait(void **state)
{
    static const size_t lengths[] = {0, 1, 255, 256, 257, 70000, SINK_BUFFER};
    static uint8_t data[SINK_BUFFER];

    (void)state;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
        struct fcgi_sink s;
        struct peer_access r;
        struct err e = ERR_INIT;
        size_t done = 1;
        int fd[2];

        open_pair(fd, &r, 2 * SINK_BUFFER);
        fcgi_sink_init(&s, fd[0], REQUEST_ID, 4096);
        assert_ok(fcgi_sink_near_end(&s, data, lengths[i], &done, &e), &e);
        assert_true(done <= lengths[i] && lengths[i] - done <= 256 && s.sent == done &&
                    !s.finished);
        assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
        assert_ok(fcgi_sink_finish(&s, data + done, lengths[i] - done, &e), &e);
        assert_true(s.finished && s.sent == lengths[i]);
        end_reader(fd, &r);
        free(r.data);
    }
}

/* A client that takes nothing: the answer is given up once what fits the
 * socket's buffer has gone. */
static void a_client_that_takes_nothing_is_cut_off(void **state)
{
    static uint8_t data[4 * SINK_BUFFER];
    struct fcgi_sink s;
    struct err e = ERR_INIT;
    size_t done;
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    fcgi_sink_init(&s, fd[0], REQUEST_ID, 4096);
    s.idle_timeout = 1;
    assert_err(fcgi_sink_flush(&s, data, sizeof data, &e), ERR_PEER, &e);
    assert_true(s.stalled && s.touched && !s.finished);
    s.stalled = false;
    assert_err(fcgi_sink_near_end(&s, data, 0, &done, &e), ERR_PEER, &e);
    assert_true(s.stalled);
    close(fd[0]);
    close(fd[1]);
}

/* After a minute of waiting the rate decides; it is looked at again after each
 * minute. */
static void a_client_that_takes_too_little_is_cut_off(void **state)
{
    static uint8_t data[4 * SINK_BUFFER];

    (void)state;
    for (int slow = 0; slow < 2; slow++) {
        struct fcgi_sink s;
        struct peer_access r;
        struct err e = ERR_INIT;
        int fd[2];

        open_pair(fd, &r, 2 * sizeof data);
        fcgi_sink_init(&s, fd[0], REQUEST_ID, 4096);
        s.least_rate = slow ? (uint64_t)1 << 50 : 1;
        s.waited = 100;
        if (slow)
            assert_err(fcgi_sink_flush(&s, data, sizeof data, &e), ERR_PEER, &e);
        else
            assert_ok(fcgi_sink_flush(&s, data, sizeof data, &e), &e);
        assert_int_equal(s.stalled, slow);
        assert_true(slow || s.waited < 100);
        end_reader(fd, &r);
        free(r.data);
    }
}

/* Small records, with a pause after each but the last: it cannot be over
 * sooner. */
static void a_rate_spreads_the_bytes(void **state)
{
    static uint8_t data[30 << 10];
    struct fcgi_sink s;
    struct peer_access r;
    struct record rec;
    struct err e = ERR_INIT;
    double began = io_now();
    size_t at = 0, records = 0;
    int fd[2];

    (void)state;
    open_pair(fd, &r, 2 * sizeof data);
    fcgi_sink_init(&s, fd[0], REQUEST_ID, 0);
    s.pace.rate = 100 << 10;
    assert_ok(fcgi_sink_flush(&s, data, sizeof data / 2, &e), &e);
    assert_ok(fcgi_sink_finish(&s, data, sizeof data / 2, &e), &e);
    assert_true(io_now() - began >= (double)(sizeof data - (10 << 10)) / (double)s.pace.rate);
    assert_true(s.finished && s.sent == sizeof data);
    end_reader(fd, &r);
    for (at = parse(&r, 0, &rec); rec.len; at = parse(&r, at, &rec), records++)
        assert_true(rec.len <= 10 << 10);
    assert_int_equal(records, 4);
    free(r.data);
}

/* Only the web server's end of the connection interrupts a pause. */
static void a_pause_ends_when_the_peer_has_gone(void **state)
{
    uint8_t data[100] = {0};
    struct fcgi_sink s;
    struct err e = ERR_INIT;
    int fd[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
    fcgi_sink_init(&s, fd[0], REQUEST_ID, 0);
    s.pace = (struct rate_limit){.rate = 1, .due = io_now() + 600};
    close(fd[1]);
    assert_err(fcgi_sink_flush(&s, data, sizeof data, &e), ERR_PEER, &e);
    assert_true(io_now() < s.pace.due && !s.stalled);
    close(fd[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_carry_every_byte),
        cmocka_unit_test(partial_writes_are_completed),
        cmocka_unit_test(interrupted_writes_are_repeated),
        cmocka_unit_test(an_early_close_counts_as_success_only_when_everything_was_read),
        cmocka_unit_test(a_peer_that_has_gone_is_no_failure_of_ours),
        cmocka_unit_test(closing_without_finish_leaves_no_end_record),
        cmocka_unit_test(the_end_does_not_wait),
        cmocka_unit_test(a_client_that_takes_nothing_is_cut_off),
        cmocka_unit_test(a_client_that_takes_too_little_is_cut_off),
        cmocka_unit_test(a_rate_spreads_the_bytes),
        cmocka_unit_test(a_pause_ends_when_the_peer_has_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
