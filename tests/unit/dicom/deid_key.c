/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dicom/deid_key.h"

#define DIGITS "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define ORIGINAL "1.2.840.113619.2.1"
#define STANDS_FOR "2.25.162212232521976313910453695102084279612" /* computed with Python's hmac */

static char path[] = "/tmp/wadozip-key-XXXXXX";

static void write_file(const char *text, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
}

static void uids_follow_from_the_key(void **state)
{
    struct conf_deid c = {.name = "basic",
                          .key = path,
                          .days = 7,
                          .options = DEID_PATIENT,
                          .pixels = CONF_DEID_TRUST};
    char uid[UID_MAX + 1];
    struct deid_profile p;
    struct err e = ERR_INIT;

    (void)state;
    write_file(DIGITS "\n", 0600);
    assert_ok(deid_key_load(&c, &p, &e), &e);
    assert_string_equal(p.fingerprint, "630dcd29");
    assert_string_equal(p.text, "136 7 " DIGITS);
    assert_ok(deid_key_uid(&p, ORIGINAL, uid, &e), &e);
    assert_string_equal(uid, STANDS_FOR);
    assert_ok(deid_key_uid(&p, "1.2.840.10008.5.1.4", uid, &e), &e);
    assert_string_equal(uid, "1.2.840.10008.5.1.4"); /* the standard's own */
    p.options = DEID_UIDS;
    assert_ok(deid_key_uid(&p, ORIGINAL, uid, &e), &e);
    assert_string_equal(uid, ORIGINAL);
}

static void bad_key_files_are_refused(void **state)
{
    static const struct {
        const char *text;
        mode_t mode;
    } bad[] = {{DIGITS "\n", 0640},
               {DIGITS "\n", 0602},
               {DIGITS, 0600},
               {DIGITS "\n\n", 0600},
               {"", 0600},
               {"g00102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n", 0600}};
    uint8_t key[DEID_KEY_BYTES];
    int descriptor = dup(STDERR_FILENO), next; /* none is left open */
    struct err e = ERR_INIT;

    (void)state;
    close(descriptor);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        err_clear(&e);
        write_file(bad[i].text, bad[i].mode);
        assert_err(deid_key_read(path, key, &e), ERR_CONFIG, &e);
    }
    next = dup(STDERR_FILENO);
    close(next);
    assert_int_equal(next, descriptor);
    unlink(path);
    err_clear(&e);
    assert_err(deid_key_read(path, key, &e), ERR_NOT_FOUND, &e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(uids_follow_from_the_key),
                                       cmocka_unit_test(bad_key_files_are_refused)};

    assert_true(close(mkstemp(path)) == 0);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
