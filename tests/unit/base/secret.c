/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include <string.h>

#include "base/secret.h"

static void tokens_are_long_and_different(void **state)
{
    char a[SECRET_TOKEN + 1], b[SECRET_TOKEN + 1];
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(secret_token(a, &e), &e);
    assert_ok(secret_token(b, &e), &e);
    assert_true(secret_is_token(a, strlen(a)));
    assert_true(strcmp(a, b) != 0);
    assert_false(secret_is_token(a, SECRET_TOKEN - 1));
    a[7] = '=';
    assert_false(secret_is_token(a, SECRET_TOKEN));
}

/* Every bit of a token is random: over many of them every position has many
 * characters. */
static void every_character_of_a_token_counts(void **state)
{
    char tokens[400][SECRET_TOKEN + 1];
    struct err e = ERR_INIT;

    (void)state;
    for (size_t i = 0; i < 400; i++)
        assert_ok(secret_token(tokens[i], &e), &e);
    for (size_t at = 0; at < SECRET_TOKEN; at++) {
        size_t different = 0;

        for (size_t i = 1; i < 400; i++)
            different += tokens[i][at] != tokens[0][at];
        assert_in_range(different, 300, 399);
    }
}

static void passcodes_match_their_hash_alone(void **state)
{
    char hash[SECRET_HASH], other[SECRET_HASH], chosen[SECRET_CHOSEN];
    struct err e = ERR_INIT;
    bool matches;

    (void)state;
    assert_ok(secret_choose(chosen, &e), &e);
    assert_int_equal(strlen(chosen), SECRET_CHOSEN - 1);
    assert_ok(secret_hash(chosen, hash, &e), &e);
    assert_ok(secret_hash(chosen, other, &e), &e);
    assert_true(strcmp(hash, other) != 0); /* salt */
    assert_ok(secret_matches(chosen, hash, &matches, &e), &e);
    assert_true(matches);
    chosen[3] ^= 1;
    assert_ok(secret_matches(chosen, hash, &matches, &e), &e);
    assert_false(matches);
    assert_ok(secret_matches("", hash, &matches, &e), &e);
    assert_false(matches);
    assert_err(secret_matches("x", "short", &matches, &e), ERR_DATA, &e);
    assert_false(matches);
}

/* RFC 4231, test case 2, the first 128 bits. */
static void codes_are_hmacs(void **state)
{
    char code[SECRET_MAC];
    struct err e = ERR_INIT;

    (void)state;
    assert_ok(secret_mac("Jefe", "what do ya want for nothing?", code, &e), &e);
    assert_string_equal(code, "5bdcc146bf60754e6a042426089575c7");
    assert_true(secret_equal(code, "5bdcc146bf60754e6a042426089575c7"));
    assert_false(secret_equal(code, "5bdcc146bf60754e6a042426089575c8"));
    assert_false(secret_equal(code, "5bdcc146"));
    assert_false(secret_equal(code, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_are_long_and_different),
        cmocka_unit_test(every_character_of_a_token_counts),
        cmocka_unit_test(passcodes_match_their_hash_alone),
        cmocka_unit_test(codes_are_hmacs),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
