/* SPDX-License-Identifier: MIT */
#include "link/link_request.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/unit.h"

#define ID "0123456789abcdef0123456789abcdef"
#define STUDY "{\"studies\":[\"1.2\"]"

/* Parses a copy that ends where the body ends, so that make asan sees a byte read after it. */
static int parse(const char *body, struct link_request *out, struct err *e)
{
    size_t len = strlen(body);
    char *copy = malloc(len ? len : 1);
    int rc;

    assert_non_null(copy);
    memcpy(copy, body, len);
    rc = link_request_parse(copy, len, out, e);
    free(copy);
    return rc;
}

/* The request as text. */
static void describe(const struct link_request *r, char *out, size_t room)
{
    size_t n = 0;

    for (size_t i = 0; i < r->things.count; i++)
        n += (size_t)snprintf(out + n, room - n, "%s; ", r->things.of[i]);
    snprintf(out + n, room - n, "%s|%llu|%llu|%s%s|%s|%s|%s", r->label,
             (unsigned long long)r->seconds, (unsigned long long)r->max_downloads,
             r->choose ? "chosen" : "", r->passcode, r->transfer_syntax,
             r->dicomdir ? "dicomdir" : "", r->profile);
}

static void bodies_that_make_a_link(void **state)
{
    static const char *const cases[][2] = {
        {STUDY "}", "study 1.2; |0|0||||"},
        {"{\"studies\":[\"1.2\",\"1.3\"],\"series\":[\"1.4\"],\"collections\":[\"" ID "\"]}",
         "study 1.2; study 1.3; series 1.4; collection " ID "; |0|0||||"},
        {STUDY ",\"label\":\"Knie \\u201elinks\\u201c\"}",
         "study 1.2; Knie \xe2\x80\x9elinks\xe2\x80\x9c|0|0||||"},
        {STUDY ",\"expires\":\"7d\",\"max_downloads\":3}", "study 1.2; |604800|3||||"},
        {STUDY ",\"max_downloads\":1000000}", "study 1.2; |0|1000000||||"},
        {STUDY ",\"passcode\":\"sesame\"}", "study 1.2; |0|0|sesame|||"},
        {STUDY ",\"passcode\":true}", "study 1.2; |0|0|chosen|||"},
        {STUDY ",\"passcode\":false}", "study 1.2; |0|0||||"},
        {STUDY ",\"transfer_syntax\":\"*\"}", "study 1.2; |0|0||*||"},
        {STUDY ",\"transfer_syntax\":\"1.2.840.10008.1.2.5\"}",
         "study 1.2; |0|0||1.2.840.10008.1.2.5||"},
        {STUDY ",\"dicomdir\":true}", "study 1.2; |0|0|||dicomdir|"},
        {STUDY ",\"dicomdir\":false}", "study 1.2; |0|0||||"},
        {STUDY ",\"deidentify\":\"basic\"}", "study 1.2; |0|0||||basic"},
        {STUDY ",\"label\":null,\"expires\":null,\"passcode\":null,\"dicomdir\":null}",
         "study 1.2; |0|0||||"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        struct link_request r;
        char text[512];

        assert_ok(parse(cases[i][0], &r, &e), &e);
        describe(&r, text, sizeof text);
        assert_string_equal(text, cases[i][1]);
    }
}

static void bodies_that_make_none(void **state)
{
    static const char *const cases[][2] = {
        {"", "an object"},
        {"{}", "needs contents"},
        {"{\"studies\":[]}", "needs contents"},
        {"{\"studies\":null}", "needs contents"},
        {"{\"studies\":[\"1.2\"]", "end of the object"},
        {"{\"studies\":[\"x\"]}", "\"x\" is not a well-formed UID"},
        {"{\"series\":[\"\"]}", "not a well-formed UID"},
        {"{\"collections\":[\"x\"]}", "identifier of a collection"},
        {"{\"collections\":[\"" ID "0\"]}", "identifier of a collection"},
        {"{\"collections\":[\"0123456789ABCDEF0123456789abcdef\"]}", "identifier of a collection"},
        {STUDY ",\"expires\":\"0d\"}", "not \"0d\""},
        {STUDY ",\"passcode\":\"short\"}", "6 to 64 bytes"},
        {STUDY ",\"passcode\":maybe}", "true"},
        {STUDY ",\"max_downloads\":0}", "from 1 to 1000000, not 0"},
        {STUDY ",\"max_downloads\":1000001}", "not 1000001"},
        {STUDY ",\"transfer_syntax\":\"\"}", "a UID or"},
        {STUDY ",\"nonsense\":1}", "\"nonsense\" is not known"},
        {STUDY ",\"a key of more than thirty-two characters\":1}", "is not known"},
        {STUDY ",\"deidentify\":\"\"}", "there is no profile"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err e = ERR_INIT;
        struct link_request r;

        assert_int_equal(parse(cases[i][0], &r, &e), -1);
        if (!strstr(e.text, cases[i][1]))
            fail_msg("%s: \"%s\" does not say \"%s\"", cases[i][0], e.text, cases[i][1]);
    }
}

/* Every prefix of a body ends before the object does. */
static void a_body_that_is_cut_off(void **state)
{
    static const char body[] = STUDY ",\"label\":\"a\\u00e9\",\"passcode\":true,\"max_downloads\":7}";

    (void)state;
    for (size_t len = 0; len < sizeof body - 1; len++) {
        struct err e = ERR_INIT;
        struct link_request r;
        char cut[sizeof body] = "";

        memcpy(cut, body, len);
        assert_err(parse(cut, &r, &e), ERR_UNPROCESSABLE, &e);
    }
}

static void things_have_a_limit(void **state)
{
    static struct link_things t;

    (void)state;
    assert_false(link_things_add(&t, "study", ""));
    for (int i = 0; i < LINK_REQUEST_THINGS; i++)
        assert_true(link_things_add(&t, "study", "1.2"));
    assert_false(link_things_add(&t, "study", "1.2"));
    assert_int_equal(t.count, LINK_REQUEST_THINGS);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(bodies_that_make_a_link),
        cmocka_unit_test(bodies_that_make_none),
        cmocka_unit_test(a_body_that_is_cut_off),
        cmocka_unit_test(things_have_a_limit),
    };

    return cmocka_run_group_tests_name("link_request", tests, NULL, NULL);
}
