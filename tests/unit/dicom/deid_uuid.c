/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "dicom/deid_uuid.h"

/* Numbers computed with Python's int. */
static const struct {
    uint8_t uuid[DEID_UUID_BYTES];
    const char *uid;
} pairs[] = {
    {{0, 0, 0, 0, 0, 0, 0x80, 0, 0x80}, "2.25.604472133179351442128896"},
    {{0, 0, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, 9}, "2.25.604472133179351442128905"},
    {{255, 255, 255, 255, 255, 255, 0x8f, 255, 0xbf, 255, 255, 255, 255, 255, 255, 255},
     "2.25.340282366920937934553716840013076889599"},
};

static void numbers_are_written_and_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        uint8_t uuid[DEID_UUID_BYTES];
        char uid[UID_MAX + 1];

        deid_uuid_format(pairs[i].uuid, uid);
        assert_string_equal(uid, pairs[i].uid);
        assert_true(deid_uuid_parse(uid, uuid));
        assert_memory_equal(uuid, pairs[i].uuid, sizeof uuid);
    }
}

static void any_number_is_written(void **state)
{
    const uint8_t zero[DEID_UUID_BYTES] = {0}, seven[DEID_UUID_BYTES] = {[15] = 7};
    char uid[UID_MAX + 1];

    (void)state;
    deid_uuid_format(zero, uid);
    assert_string_equal(uid, "2.25.0");
    deid_uuid_format(seven, uid);
    assert_string_equal(uid, "2.25.7");
}

static void other_uids_are_not_read(void **state)
{
    static const char *const others[] = {
        "",
        "2.25.",
        "2.25",
        "2.25.0",
        "2.25.7",
        "1.2.604472133179351442128896",
        "2.26.604472133179351442128896",
        "2.25.604472133179351442128896.1",
        "2.25.604472133179351442128896 ",
        "2.25.0604472133179351442128896",
        "2.25.-604472133179351442128896",
        "2.25.340282366920939067935507786783210340352", /* 2^128 more than the first pair */
        "2.25.329800735698586855969233156254476430326", /* of version 4 */
        "2.25.329800735698587158202993902920983800822", /* of version 8 and another variant */
        "2.25.99999999999999999999999999999999999999999999999999999999999",
    };
    uint8_t uuid[DEID_UUID_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (deid_uuid_parse(others[i], uuid))
            fail_msg("%s is read", others[i]);
    assert_true(deid_uuid_parse("2.25.329800735698587158200688059911770106870", uuid));
}

static void six_bits_are_replaced(void **state)
{
    uint8_t ones[DEID_UUID_BYTES], zeros[DEID_UUID_BYTES] = {0};

    (void)state;
    memset(ones, 255, sizeof ones);
    deid_uuid_mark(ones);
    deid_uuid_mark(zeros);
    for (size_t i = 0; i < DEID_UUID_BYTES; i++) {
        assert_int_equal(ones[i], i == 6 ? 0x8f : i == 8 ? 0xbf : 255);
        assert_int_equal(zeros[i], i == 6 || i == 8 ? 0x80 : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_and_read), cmocka_unit_test(any_number_is_written),
        cmocka_unit_test(other_uids_are_not_read), cmocka_unit_test(six_bits_are_replaced)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
