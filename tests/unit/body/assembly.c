/* SPDX-License-Identifier: MIT */
#include "body/assembly.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

#define FILE_TEXT "0123456789abcdef"

struct out {
    char text[256];
    size_t len;
};

static int take(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct out *o = ctx;

    (void)e;
    assert_in_range(o->len + len, 0, sizeof o->text - 1);
    memcpy(o->text + o->len, data, len);
    o->len += len;
    o->text[o->len] = '\0';
    return 0;
}

static int send_part(const struct assembly *a, uint64_t first, uint64_t last, struct out *o,
                     struct err *e)
{
    struct sink s;
    int rc;

    *o = (struct out){.len = 0};
    assert_ok(sink_open(&s, take, o, e), e);
    rc = assembly_send(a, first, last + 1, &s, e);
    if (rc == 0)
        rc = sink_flush(&s, e);
    sink_close(&s);
    return rc;
}

/* A file of which ranges can be appended. */
static int file(struct assembly *a, struct err *e)
{
    int fd = memfd_create("assembly", MFD_CLOEXEC);

    assert_int_equal(write(fd, FILE_TEXT, strlen(FILE_TEXT)), strlen(FILE_TEXT));
    assert_ok(assembly_own(a, fd, e), e);
    return fd;
}

static void make(struct assembly *a, struct err *e)
{
    int first, second;

    assembly_init(a);
    first = file(a, e);
    second = file(a, e);
    assert_ok(assembly_text(a, "<head>", 6, e), e);
    assert_ok(assembly_file(a, first, 3, 4, e), e);
    assert_ok(assembly_text(a, "", 0, e), e);
    assert_ok(assembly_text(a, "-", 1, e), e);
    assert_ok(assembly_file(a, second, 10, 6, e), e);
    assert_ok(assembly_file(a, first, 0, 1, e), e);
    assert_ok(assembly_text(a, "<end>", 5, e), e);
}

#define WHOLE "<head>3456-abcdef0<end>"

/* Every part of the body, byte for byte. */
static void test_parts(void **state)
{
    struct err e = ERR_INIT;
    struct assembly a;
    struct out o;
    size_t len = strlen(WHOLE);

    (void)state;
    make(&a, &e);
    assert_int_equal(a.length, len);
    assert_int_equal(a.count, 6);
    for (size_t first = 0; first < len; first++)
        for (size_t last = first; last < len; last++) {
            assert_ok(send_part(&a, first, last, &o, &e), &e);
            assert_int_equal(o.len, last - first + 1);
            assert_memory_equal(o.text, &WHOLE[first], o.len);
        }
    assembly_release(&a);
}

static void test_outside(void **state)
{
    struct err e = ERR_INIT;
    struct assembly a;
    struct out o;

    (void)state;
    make(&a, &e);
    assert_err(send_part(&a, 0, strlen(WHOLE), &o, &e), ERR_RANGE, &e);
    assert_err(send_part(&a, 5, 4, &o, &e), ERR_RANGE, &e);
    assert_err(send_part(&a, UINT64_MAX, UINT64_MAX, &o, &e), ERR_RANGE, &e);
    assembly_release(&a);
    assembly_init(&a);
    assert_err(send_part(&a, 0, 0, &o, &e), ERR_RANGE, &e);
    assembly_release(&a);
}

/* A file that was cut short, also within a piece. */
static void test_shorter_file(void **state)
{
    struct err e = ERR_INIT;
    struct assembly a;
    struct out o;
    int fd;

    (void)state;
    assembly_init(&a);
    fd = file(&a, &e);
    assert_ok(assembly_file(&a, fd, 12, 5, &e), &e);
    assert_ok(send_part(&a, 0, 3, &o, &e), &e);
    assert_string_equal(o.text, "cdef");
    assert_err(send_part(&a, 0, 4, &o, &e), ERR_DATA, &e);
    assert_err(send_part(&a, 4, 4, &o, &e), ERR_DATA, &e);
    assembly_release(&a);
}

/* The length of a body, and the end of a file's range, are within a file's
 * largest size. */
static void test_sums(void **state)
{
    struct err e = ERR_INIT;
    struct assembly a;

    (void)state;
    assembly_init(&a);
    assert_ok(assembly_file(&a, 0, 0, INT64_MAX - 1, &e), &e);
    assert_ok(assembly_file(&a, 0, 0, 1, &e), &e);
    assert_err(assembly_file(&a, 0, 0, 1, &e), ERR_TOO_LARGE, &e);
    assert_err(assembly_text(&a, "x", 1, &e), ERR_TOO_LARGE, &e);
    assert_int_equal(a.length, INT64_MAX);
    assembly_release(&a);
}

static void test_owned(void **state)
{
    struct err e = ERR_INIT;
    struct assembly a;
    int first, second;

    (void)state;
    assembly_init(&a);
    first = file(&a, &e);
    second = file(&a, &e);
    assembly_release(&a);
    assert_int_equal(close(first), -1);
    assert_int_equal(close(second), -1);
    assert_int_equal(a.count, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts), cmocka_unit_test(test_outside),
        cmocka_unit_test(test_shorter_file), cmocka_unit_test(test_sums),
        cmocka_unit_test(test_owned)};

    return cmocka_run_group_tests_name("assembly", tests, NULL, NULL);
}
