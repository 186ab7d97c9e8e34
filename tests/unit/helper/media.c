/* SPDX-License-Identifier: MIT */
/* DICOMDIRs by wadozip-dicom itself: of a correct list, of nonsense, and
 * of the former with bytes changed. */
#include "base/io.h"
#include "dicom/instance.h"
#include "helper/dicomdir_input.h"
#include "helper/helper_pool.h"
#include "tests/unit/helper/pool.h"

#include <string.h>

#define MEMORY ((uint64_t)512 << 20)
#define SET "2.25.1234567890"

struct listing {
    unsigned char data[8192];
    size_t len;
};

static void put(struct listing *t, const void *data, size_t len)
{
    assert_true(t->len + len <= sizeof t->data);
    memcpy(t->data + t->len, data, len);
    t->len += len;
}

static void put_instance(struct listing *t, const char *sop_class, const char *sop,
                         const void *keys, uint32_t count)
{
    const struct dicomdir_entry entry = {DICOMDIR_INSTANCE, count};
    struct dicomdir_instance i = {.number = 7,
                                  .transfer_syntax = "1.2.840.10008.1.2.1",
                                  .file_id = "DICOM\\S0000001\\I0000001"};

    snprintf(i.sop_class, sizeof i.sop_class, "%s", sop_class);
    snprintf(i.sop_uid, sizeof i.sop_uid, "%s", sop);
    put(t, &entry, sizeof entry);
    put(t, &i, sizeof i);
    put(t, keys, count);
}

static void put_series(struct listing *t, const char *uid)
{
    const struct dicomdir_entry entry = {DICOMDIR_SERIES, 0};
    struct dicomdir_series s = {
        .modality = "CT", .number = INSTANCE_NO_NUMBER, .series_description = "\xc3\xa4"};

    snprintf(s.series_uid, sizeof s.series_uid, "%s", uid);
    put(t, &entry, sizeof entry);
    put(t, &s, sizeof s);
}

/* A study of an image and a report, whose completion flag is reported. */
static struct listing good(void)
{
    const struct dicomdir_study study = {.study_uid = "1.2", .patient_name = "J\xc3\xbcrgen"};
    const unsigned char keys[] = {0x40, 0,   0x91, 0xa4, 'C', 'S', 8,   0,
                                  'C',  'O', 'M',  'P',  'L', 'E', 'T', 'E'};
    struct listing t = {.len = 0};

    put(&t, &study, sizeof study);
    put_series(&t, "1.2.3");
    put_instance(&t, "1.2.840.10008.5.1.4.1.1.2", "1.2.3.4", "", 0);
    put_series(&t, "1.2.4");
    put_instance(&t, "1.2.840.10008.5.1.4.1.1.88.11", "1.2.4.4", keys, sizeof keys);
    return t;
}

/* A file-set of so many instances, one series for a thousand. */
static int many(unsigned count)
{
    int fd = memfd_create("listing", MFD_CLOEXEC);
    struct listing t = good();

    t.len = sizeof(struct dicomdir_study);
    for (unsigned n = 0; n < count; n++) {
        char uid[32];

        snprintf(uid, sizeof uid, "1.2.%u", n / 1000 + 1);
        if (n % 1000 == 0)
            put_series(&t, uid);
        snprintf(uid, sizeof uid, "1.2.3.%u", n);
        put_instance(&t, "1.2.840.10008.5.1.4.1.1.2", uid, "", 0);
        if (t.len > sizeof t.data / 2 || n == count - 1) {
            assert_int_equal(io_write(fd, t.data, t.len), 0);
            t.len = 0;
        }
    }
    return fd;
}

static struct helper_result make(struct helper_pool *p, const struct listing *t)
{
    int fd = memfd_create("listing", MFD_CLOEXEC);
    struct err e = ERR_INIT;

    assert_int_equal(io_write(fd, t->data, t->len), 0);
    assert_ok(helper_pool_submit(p, HELPER_MAKE_DICOMDIR, fd, SET, 1, &e), &e);
    return pool_result(p);
}

static void a_directory(void **state)
{
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct listing t = good();
    struct helper_result first = make(p, &t), again = make(p, &t);
    unsigned char data[8192];

    (void)state;
    assert_int_equal(first.class, HELPER_INSTANCE);
    assert_true(first.size < sizeof data);
    assert_int_equal(io_pread(first.fd, data, sizeof data, 0), first.size);
    assert_memory_equal(data + 128, "DICM", 4);
    assert_non_null(memmem(data, first.size, SET, strlen(SET)));
    assert_non_null(memmem(data, first.size, "SR DOCUMENT ", 12));
    assert_non_null(memmem(data, first.size, "COMPLETE", 8));
    assert_non_null(memmem(data, first.size, "UNVERIFIED", 10));
    assert_non_null(memmem(data, first.size, "ISO_IR 192", 10));
    assert_int_equal(first.crc, again.crc);
    assert_int_equal(first.size, again.size);
    io_close(&first.fd);
    io_close(&again.fd);
    helper_pool_close(p);
}

/* Memory does not grow with the instances, and the result is a spool file. */
static void a_hundred_thousand_instances(void **state)
{
    struct helper_pool *p = pool_open(1, (uint64_t)16 << 20, POOL_SECONDS);
    struct err e = ERR_INIT;
    struct helper_result r;

    (void)state;
    assert_ok(helper_pool_submit(p, HELPER_MAKE_DICOMDIR, many(100000), SET, 1, &e), &e);
    r = pool_result(p);
    if (r.class != HELPER_INSTANCE)
        fail_msg("%s", r.reason);
    assert_true(r.size > 15000000 && r.size < 30000000);
    assert_int_equal(fcntl(r.fd, F_GET_SEALS), -1);
    io_close(&r.fd);
    helper_pool_close(p);
}

static void refuses(struct helper_pool *p, const struct listing *t, const char *why)
{
    struct helper_result r = make(p, t);

    assert_int_equal(r.class, HELPER_REFUSED);
    assert_int_equal(r.fd, -1);
    if (!strstr(r.reason, why))
        fail_msg("\"%s\" does not say \"%s\"", r.reason, why);
}

static void nonsense(void **state)
{
    static const unsigned char keys[][12] = {
        {0x40, 0, 0x91, 0xa4, 'C', 'S', 8, 0, 'C', 'O'}, /* longer than there is */
        {0x40, 0, 0x91, 0xa4, 'S', 'Q', 0, 0, 0xff, 0xff, 0xff, 0xff},
        {0x40, 0, 0x91, 0xa4, 'C', 'S', 1, 0, 'C'}, /* odd */
        {0x04, 0, 0x00, 0x14, 'U', 'L', 4, 0, 1, 1, 1, 1}, /* an offset */
    };
    struct helper_pool *p = pool_open(1, MEMORY, POOL_SECONDS);
    struct listing t = good();

    (void)state;
    for (size_t len = 0; len < t.len; len += len < 8 ? 1 : 61) {
        struct listing cut = t;

        cut.len = len;
        refuses(p, &cut, "");
    }
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        t = good();
        put_instance(&t, "1.2", "1.2.5", keys[i], sizeof keys[i]);
        refuses(p, &t, "damaged");
    }
    t = good();
    put_instance(&t, "not a UID", "1.2.5", "", 0);
    refuses(p, &t, "UID");
    t.len = sizeof(struct dicomdir_study);
    refuses(p, &t, "not a list");
    put_instance(&t, "1.2", "1.2.5", "", 0); /* of no series */
    refuses(p, &t, "not a list");
    t = good();
    put_series(&t, "1.2.9"); /* without an instance */
    refuses(p, &t, "not a list");
    helper_pool_close(p);
}

/* Whatever stands there, the process lives on. */
static void mutations(void **state)
{
    struct helper_pool *p = pool_open(2, MEMORY, POOL_SECONDS);
    uint32_t seed = 1;

    (void)state;
    for (int n = 0; n < 2000; n++) {
        struct listing t = good();
        struct helper_result r;

        for (int k = 0; k < 1 + n % 5; k++) {
            seed = seed * 1664525 + 1013904223;
            t.data[(seed >> 8) % t.len] = (unsigned char)(n % 3 ? seed >> 24 : 0xff);
        }
        r = make(p, &t);
        if (r.class != HELPER_INSTANCE && r.class != HELPER_REFUSED)
            fail_msg("%d: %s", n, r.reason);
        io_close(&r.fd);
    }
    helper_pool_close(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_directory),
        cmocka_unit_test(a_hundred_thousand_instances),
        cmocka_unit_test(nonsense),
        cmocka_unit_test(mutations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
