/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "base/hex.h"
#include "dicom/deid_mac.h"

static uint8_t key[DEID_KEY_BYTES];

static const char *code_of(struct deid_mac *m, const void *text, size_t len)
{
    static char hex[2 * DEID_MAC_BYTES + 1];
    uint8_t out[DEID_MAC_BYTES];
    struct err e = ERR_INIT;

    assert_ok(deid_mac_text(m, text, len, out, &e), &e);
    hex_write(hex, out, sizeof out);
    return hex;
}

/* Computed with Python's hmac. */
static void texts_after_each_other(void **state)
{
    struct deid_mac uid, pid;
    struct err e = ERR_INIT;

    (void)state;
    memset(key, 0x0b, sizeof key);
    assert_ok(deid_mac_open(&uid, key, "uid", &e), &e);
    assert_ok(deid_mac_open(&pid, key, "pid", &e), &e);
    for (int i = 0; i < 2; i++) {
        assert_string_equal(code_of(&uid, "Hi There", 8),
                            "f7d98983d8ec9371b5bbb15ba07bdc1c64f7cf6f5d29dfc9f0797d0a598e1436");
        assert_string_equal(code_of(&uid, "", 0),
                            "fcf217cc5587a00c27a57102e7cdefc6787352833f899fdb7c2211ed01f4ca6a");
        assert_string_equal(code_of(&pid, "a\0b", 3),
                            "6729d869fd466fa4975d678649f1f205149672d2a6b3e92aac66643fb4f76ccb");
    }
    deid_mac_close(&uid);
    deid_mac_close(&pid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(texts_after_each_other)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
