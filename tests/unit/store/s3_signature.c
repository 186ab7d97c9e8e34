/* SPDX-License-Identifier: MIT */
/* The examples "GET Bucket (List Objects)" and "GET Bucket Lifecycle" of Amazon's
 * documentation, and the first with what it lacks; the other values are from an
 * independent computation. */
#include "tests/unit/unit.h"

#include "store/s3_signature.h"

#define SECRET "AKIAIOSFODNN7EXAMPLE:wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
#define HOST "examplebucket.s3.amazonaws.com"
#define NOW 1369353600 /* 2013-05-24 00:00:00 */

static void requests_are_signed(void **state)
{
    static const struct {
        const char *url, *token, *host, *signature;
    } cases[] = {{"https://" HOST "/?max-keys=2&prefix=J", "", "Host: " HOST,
                  "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
                 {"https://" HOST "/?lifecycle=", "", "Host: " HOST,
                  "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
                 {"http://127.0.0.1:9000/b?list-type=2&prefix=a%2Bb%20c", "",
                  "Host: 127.0.0.1:9000",
                  "2302c3db89916bcb63d20465fcaf5b4fd3f36510a813fa180764ddb061cf6a8a"},
                 {"https://" HOST "/?max-keys=2&prefix=J", "TOKEN+/=", "Host: " HOST,
                  "54c75d5e92afd0054477e089d24281fa5cc432e01f0675ee91ad8d4afe23c17d"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct s3_signature s = {cases[i].url, "us-east-1", SECRET, cases[i].token, NOW};
        struct err e = ERR_INIT;
        const char *date, *authorization;
        struct buf out;

        buf_init(&out, 4096);
        assert_ok(s3_signature_write(&s, &out, &e), &e);
        date = out.data + strlen(out.data) + 1;
        authorization = date + strlen(date) + 1;
        assert_string_equal(out.data, cases[i].host);
        assert_string_equal(date, "x-amz-date: 20130524T000000Z");
        assert_string_equal(strstr(authorization, "Signature=") + 10, cases[i].signature);
        assert_non_null(
            strstr(authorization, " Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/"));
        assert_int_equal(!!strstr(authorization, "x-amz-security-token"), *cases[i].token != '\0');
        assert_null(strstr(authorization, "wJalr"));
        assert_int_equal(out.len, (size_t)(authorization + strlen(authorization) + 1 - out.data));
        buf_release(&out);
    }
}

static void a_key_without_a_secret_is_refused(void **state)
{
    const struct s3_signature s = {"http://e/b?a=%2B", "r", "ID", "", NOW};
    struct err e = ERR_INIT;
    struct buf out;

    (void)state;
    buf_init(&out, 4096);
    assert_err(s3_signature_write(&s, &out, &e), ERR_CONFIG, &e);
    buf_release(&out);
}

static void only_queries_with_a_plus_sign_are_due(void **state)
{
    (void)state;
    assert_true(s3_signature_due("http://e/b?prefix=a%2Bb"));
    assert_false(s3_signature_due("http://e/b/a%2Bb"));
    assert_false(s3_signature_due("http://e/b/a%2Bb?prefix=a%20b"));
    assert_false(s3_signature_due("http://e/b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(requests_are_signed),
                                       cmocka_unit_test(a_key_without_a_secret_is_refused),
                                       cmocka_unit_test(only_queries_with_a_plus_sign_are_due)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
