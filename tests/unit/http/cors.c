/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "http/cors.h"

#define A "https://a.example"
#define TWO A "  http://b.example:8080"

/* The value of a field among those that an answer has, "" if there is none. */
static const char *field(const char *allowed, const char *origin, const char *name)
{
    static char value[512];
    struct err e = ERR_INIT;
    struct buf b;
    const char *at;

    buf_init(&b, 4096);
    cors_fields(allowed, origin, &b);
    assert_ok(buf_check(&b, "fields", &e), &e);
    at = b.data ? strstr(b.data, name) : NULL;
    snprintf(value, sizeof value, "%.*s", at ? (int)strcspn(at + strlen(name) + 2, "\r") : 0,
             at ? at + strlen(name) + 2 : "");
    buf_release(&b);
    return value;
}

static void only_listed_origins_may_read(void **state)
{
    static const struct {
        const char *allowed, *origin, *named, *credentials, *vary;
    } cases[] = {
        {"none", A, "", "", ""},
        {"*", A, "*", "", ""},
        {"*", NULL, "*", "", ""},
        {TWO, A, A, "true", "Origin"},
        {TWO, "http://b.example:8080", "http://b.example:8080", "true", "Origin"},
        {TWO, NULL, "", "", "Origin"},
        {TWO, "https://c.example", "", "", "Origin"},
        {TWO, "http://b.example", "", "", "Origin"},
        {TWO, "http://a.example", "", "", "Origin"},
        {TWO, "https://a.example.evil", "", "", "Origin"},
        {TWO, "https://a.exampl", "", "", "Origin"},
        {TWO, "", "", "", "Origin"},
        {TWO, "null", "", "", "Origin"},
        {TWO, TWO, "", "", "Origin"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *allowed = cases[i].allowed, *origin = cases[i].origin;

        assert_string_equal(field(allowed, origin, "Access-Control-Allow-Origin"), cases[i].named);
        assert_string_equal(field(allowed, origin, "Access-Control-Allow-Credentials"),
                            cases[i].credentials);
        assert_string_equal(field(allowed, origin, "Vary"), cases[i].vary);
        assert_int_equal(strstr(field(allowed, origin, "Access-Control-Expose-Headers"),
                                "Content-Range") != NULL,
                         cases[i].named[0] != '\0');
    }
}

static void preflights_differ_from_other_requests(void **state)
{
    (void)state;
    assert_true(cors_is_preflight(TWO, "OPTIONS", A, "GET"));
    assert_true(cors_is_preflight("*", "OPTIONS", A, "GET"));
    assert_false(cors_is_preflight("none", "OPTIONS", A, "GET"));
    assert_false(cors_is_preflight(TWO, "GET", A, "GET"));
    assert_false(cors_is_preflight(TWO, NULL, A, "GET"));
    assert_false(cors_is_preflight(TWO, "OPTIONS", "https://c.example", "GET"));
    assert_false(cors_is_preflight(TWO, "OPTIONS", NULL, "GET"));
    assert_false(cors_is_preflight(TWO, "OPTIONS", A, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_listed_origins_may_read),
        cmocka_unit_test(preflights_differ_from_other_requests),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
