/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "fastcgi/records.h"

#define ID 7

/* Records under construction. */
struct bytes {
    uint8_t data[4 << 20];
    size_t len;
};

static struct bytes made;

static void put(const void *data, size_t len)
{
    assert_true(made.len + len <= sizeof made.data);
    if (len)
        memcpy(made.data + made.len, data, len);
    made.len += len;
}

static void record(unsigned type, unsigned id, const void *content, size_t len, unsigned padding)
{
    const uint8_t head[8] = {1,
                             (uint8_t)type,
                             (uint8_t)(id >> 8),
                             (uint8_t)id,
                             (uint8_t)(len >> 8),
                             (uint8_t)len,
                             (uint8_t)padding,
                             0};
    static const uint8_t zeros[255];

    put(head, sizeof head);
    put(content, len);
    put(zeros, padding);
}

static void begin(unsigned role)
{
    const uint8_t body[8] = {(uint8_t)(role >> 8), (uint8_t)role, 1};

    made.len = 0;
    record(FCGI_BEGIN_REQUEST, ID, body, sizeof body, 0);
}

#define PARAMS(text) record(FCGI_PARAMS, ID, text, sizeof(text) - 1, 3)
#define END_PARAMS() record(FCGI_PARAMS, ID, NULL, 0, 0)
#define END_INPUT() record(FCGI_STDIN, ID, NULL, 0, 0)

/* Feed what was made in pieces of `piece` bytes. */
static int content(struct records *r, size_t piece, struct err *e)
{
    records_init(r);
    for (size_t at = 0; at < made.len; at += piece)
        if (records_take(r, made.data + at, piece < made.len - at ? piece : made.len - at, e))
            return -1;
    return 0;
}

static void a_request_comes_in_any_pieces(void **state)
{
    char long_value[300];
    uint8_t pair[8 + sizeof long_value];

    (void)state;
    memset(long_value, 'v', sizeof long_value);
    begin(FCGI_RESPONDER);
    record(FCGI_GET_VALUES, 0, "abc", 3, 5);
    PARAMS("\3\1" "ABC" "1" "\1\0" "B");
    record(FCGI_PARAMS, ID + 1, "junk", 4, 0);
    memcpy(pair, "\1\x80\0\1\x2c" "C", 6);
    memcpy(pair + 6, long_value, sizeof long_value);
    record(FCGI_PARAMS, ID, pair, 100, 255);
    record(FCGI_PARAMS, ID, pair + 100, 6 + sizeof long_value - 100, 1);
    END_PARAMS();
    record(FCGI_STDIN, ID, "body", 4, 4);
    END_INPUT();
    for (size_t piece = 1; piece <= made.len; piece++) {
        struct err e = ERR_INIT;
        struct records r;

        assert_ok(content(&r, piece, &e), &e);
        assert_int_equal(r.stage, RECORDS_END);
        assert_int_equal(r.id, ID);
        assert_string_equal(r.envp[0], "ABC=1");
        assert_string_equal(r.envp[1], "B=");
        assert_int_equal(strlen(r.envp[2]), 2 + sizeof long_value);
        assert_memory_equal(r.envp[2], "C=vvv", 5);
        assert_null(r.envp[3]);
        records_release(&r);
    }
}

static void a_request_without_variables_is_one(void **state)
{
    struct err e = ERR_INIT;
    struct records r;

    (void)state;
    begin(FCGI_RESPONDER);
    END_PARAMS();
    assert_ok(content(&r, 1000, &e), &e);
    assert_int_equal(r.stage, RECORDS_INPUT);
    assert_null(r.envp[0]);
    records_release(&r);
}

static void refuse(enum err_kind kind)
{
    for (size_t piece = 1; piece < 100000; piece *= 9) {
        struct err e = ERR_INIT;
        struct records r;

        assert_err(content(&r, piece, &e), kind, &e);
        records_release(&r);
    }
}

/* Each pair would read or allocate beyond what is there; libfcgi asserts on the
 * first. */
static void lengths_are_checked_before_they_are_used(void **state)
{
    static const struct {
        const char *text;
        size_t len;
    } pairs[] = {
        {"\xff\xff\xff\xff\xff\xff\xff\xff"
         "A",
         9},
        {"\1\xff\xff\xff\xff"
         "A",
         6},
        {"\x80\0\0", 3},
        {"\1", 1},
        {"\1\1"
         "A",
         3},
        {"\x80", 1},
        {"\2\1"
         "AB",
         4},
        {"\1\1"
         "A\0",
         4},
        {"\1\1"
         "\0B",
         4},
        {"\1\1"
         "AB\5",
         5},
        {"\x80\0\0\1\x80\0\0\2"
         "AB",
         10},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        begin(FCGI_RESPONDER);
        record(FCGI_PARAMS, ID, pairs[i].text, pairs[i].len, 0);
        END_PARAMS();
        refuse(ERR_REQUEST);
    }
}

static void records_out_of_order_are_refused(void **state)
{
    static const uint8_t body[8] = {0, FCGI_RESPONDER};

    (void)state;
    for (unsigned role = 0; role < 5; role++) {
        begin(role);
        if (role != FCGI_RESPONDER)
            refuse(ERR_REQUEST);
    }
    begin(FCGI_RESPONDER);
    made.data[0] = 2; /* version */
    refuse(ERR_REQUEST);
    made.len = 0;
    record(FCGI_BEGIN_REQUEST, ID, body, 7, 0);
    refuse(ERR_REQUEST);
    made.len = 0;
    record(FCGI_BEGIN_REQUEST, 0, body, 8, 0);
    refuse(ERR_REQUEST);
    begin(FCGI_RESPONDER);
    record(FCGI_BEGIN_REQUEST, ID, body, 8, 0);
    refuse(ERR_REQUEST);
    begin(FCGI_RESPONDER);
    record(FCGI_BEGIN_REQUEST, ID + 1, body, 8, 0);
    refuse(ERR_REQUEST);
    begin(FCGI_RESPONDER);
    record(FCGI_STDIN, ID, "x", 1, 0);
    refuse(ERR_REQUEST);
    begin(FCGI_RESPONDER);
    record(FCGI_ABORT_REQUEST, ID, NULL, 0, 0);
    refuse(ERR_PEER);
    begin(FCGI_RESPONDER);
    END_PARAMS();
    PARAMS("\1\1" "AB");
    refuse(ERR_REQUEST);
}

/* Repeats a record of variables, or of another request, until `bytes` are
 * there. */
static void repeat(unsigned id, const char *content, size_t len, size_t bytes)
{
    begin(FCGI_RESPONDER);
    while (made.len < bytes)
        record(FCGI_PARAMS, id, content, len, 0);
    END_PARAMS();
}

static void sizes_are_bounded(void **state)
{
    static char filler[60000];
    struct err e = ERR_INIT;
    struct records r;

    (void)state;
    memset(filler, 'f', sizeof filler);
    memcpy(filler, "\1\x80\0\xea\x5a" "N", 6); /* one pair of exactly this record */
    repeat(ID, filler, sizeof filler, (1 << 20) - 100000);
    assert_ok(content(&r, 4096, &e), &e);
    assert_int_equal(r.stage, RECORDS_INPUT);
    records_release(&r);
    repeat(ID, filler, sizeof filler, (1 << 20) + 100000);
    refuse(ERR_REQUEST);
    repeat(ID + 1, filler, sizeof filler, (2 << 20) + 100000);
    refuse(ERR_REQUEST);
    repeat(ID, "\1\0" "N", 3, (size_t)(8 + 3) * RECORDS_PAIRS_MAX);
    assert_ok(content(&r, 4096, &e), &e);
    records_release(&r);
    repeat(ID, "\1\0" "N", 3, (size_t)(8 + 3) * (RECORDS_PAIRS_MAX + 10));
    refuse(ERR_REQUEST);
}

static void open_pair(int fd[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
}

/* Sends what was made. */
static void send_made(const int fd[2])
{
    assert_int_equal(write(fd[1], made.data, made.len), (ssize_t)made.len);
}

/* Sends what was made and reads a request from it. */
static void read_made(struct records *r, const int fd[2])
{
    struct err e = ERR_INIT;

    send_made(fd);
    records_init(r);
    assert_ok(records_read(r, fd[0], 600, &e), &e);
}

static void half_a_request_is_given_up_in_time(void **state)
{
    struct err e = ERR_INIT;
    struct records r;
    double began = io_now();
    int fd[2];

    (void)state;
    open_pair(fd);
    begin(FCGI_RESPONDER);
    PARAMS("\1\1" "AB");
    send_made(fd);
    records_init(&r);
    assert_err(records_read(&r, fd[0], 0.05, &e), ERR_PEER, &e);
    assert_true(io_now() - began >= 0.05);
    records_release(&r);
    close(fd[1]);
    records_init(&r);
    assert_err(records_read(&r, fd[0], 600, &e), ERR_PEER, &e);
    records_release(&r);
    close(fd[0]);
}

/* The variables are enough for an answer, whether the input ends or not. */
static void input_is_not_waited_for(void **state)
{
    struct records r;
    int fd[2];

    (void)state;
    open_pair(fd);
    begin(FCGI_RESPONDER);
    END_PARAMS();
    record(FCGI_STDIN, ID, "x", 1, 0);
    read_made(&r, fd);
    assert_false(records_drain(&r, fd[0]));
    made.len = 0;
    END_INPUT();
    send_made(fd);
    assert_true(records_drain(&r, fd[0]));
    records_release(&r);
    close(fd[0]);
    close(fd[1]);
}

/* Of a request whose body is asked for, in two pieces; the longest that may be
 * asked for. */
static void a_body_is_read_when_it_is_asked_for(void **state)
{
    static const char body[] = "passcode=x";
    struct err e = ERR_INIT;
    struct records r;
    int fd[2];

    (void)state;
    for (size_t most = sizeof body - 2; most <= sizeof body - 1; most++) {
        open_pair(fd);
        begin(FCGI_RESPONDER);
        END_PARAMS();
        record(FCGI_STDIN, ID, body, 4, 3);
        record(FCGI_STDIN, ID + 1, "other", 5, 0);
        read_made(&r, fd);
        made.len = 0;
        record(FCGI_STDIN, ID, body + 4, sizeof body - 5, 0);
        END_INPUT();
        send_made(fd);
        if (most < sizeof body - 1) {
            assert_err(records_input(&r, fd[0], most, 600, &e), ERR_TOO_LARGE, &e);
        } else {
            assert_ok(records_input(&r, fd[0], most, 600, &e), &e);
            assert_int_equal(r.input.len, sizeof body - 1);
            assert_memory_equal(r.input.data, body, sizeof body - 1);
        }
        records_release(&r);
        close(fd[0]);
        close(fd[1]);
    }
}

static void a_body_that_does_not_end_is_given_up(void **state)
{
    struct err e = ERR_INIT;
    struct records r;
    int fd[2];

    (void)state;
    open_pair(fd);
    begin(FCGI_RESPONDER);
    END_PARAMS();
    read_made(&r, fd);
    assert_err(records_input(&r, fd[0], 10, 0, &e), ERR_PEER, &e);
    records_release(&r);
    close(fd[0]);
    close(fd[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_comes_in_any_pieces),
        cmocka_unit_test(a_request_without_variables_is_one),
        cmocka_unit_test(lengths_are_checked_before_they_are_used),
        cmocka_unit_test(records_out_of_order_are_refused),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(half_a_request_is_given_up_in_time),
        cmocka_unit_test(input_is_not_waited_for),
        cmocka_unit_test(a_body_is_read_when_it_is_asked_for),
        cmocka_unit_test(a_body_that_does_not_end_is_given_up),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
