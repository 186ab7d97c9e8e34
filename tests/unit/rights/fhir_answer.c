/* SPDX-License-Identifier: MIT */
#include "tests/unit/unit.h"

#include "rights/fhir_answer.h"

static void bundles(void **state)
{
    static const struct {
        const char *json;
        size_t count;
        bool is;
    } cases[] = {
        {"{\"resourceType\":\"Bundle\",\"entry\":[1,2]}", 2, true},
        {"{\"resourceType\":\"Bundle\",\"entry\":[1,2]}", 1, false},
        {"{\"resourceType\":\"Bundle\",\"entry\":[1,2]}", 3, false},
        {"{\"resourceType\":\"Bundle\",\"entry\":{}}", 0, false},
        {"{\"resourceType\":\"Bundle\"}", 0, false},
        {"{\"resourceType\":\"Patient\",\"entry\":[1]}", 1, false},
        {"{\"resourceType\":7,\"entry\":[1]}", 1, false},
        {"{\"entry\":[1]}", 1, false},
        {"[1]", 1, false},
        {"\"Bundle\"", 1, false},
        {"null", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_object *answer = json_tokener_parse(cases[i].json);

        if (fhir_answer_is_bundle(answer, cases[i].count) != cases[i].is)
            fail_msg("%s", cases[i].json);
        json_object_put(answer);
    }
}

static void status_of_an_entry(void **state)
{
    static const struct {
        const char *entry;
        long status;
        bool outcome;
    } cases[] = {
        {"{\"response\":{\"status\":\"201 Created\",\"outcome\":{}}}", 201, true},
        {"{\"response\":{\"status\":\"422\"}}", 422, false},
        {"{\"response\":{\"status\":201}}", 0, false},
        {"{\"response\":{\"status\":\"Created\"}}", 0, false},
        {"{\"response\":[]}", 0, false},
        {"{}", 0, false},
        {"null", 0, false},
        {"[[]]", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[256];
        json_object *answer, *outcome;

        snprintf(text, sizeof text, "{\"resourceType\":\"Bundle\",\"entry\":[1,%s]}",
                 cases[i].entry);
        answer = json_tokener_parse(text);
        assert_int_equal(fhir_answer_status(answer, 1, &outcome), cases[i].status);
        assert_int_equal(outcome != NULL, cases[i].outcome);
        json_object_put(answer);
    }
}

/* The codes only: words may hold data of patients. */
static void reasons(void **state)
{
    static const struct {
        const char *outcome, *reason;
    } cases[] = {
        {"{\"issue\":[{\"code\":\"invalid\",\"diagnostics\":\"Doe\",\"expression\":[\"A.b\",\"c\"]}]}",
         "status 422 invalid A.b"},
        {"{\"issue\":[{\"code\":\"invalid\"},{\"code\":\"other\"}]}", "status 422 invalid"},
        {"{\"issue\":[{\"code\":\"a\\nb\"}]}", "status 422 a?b"},
        {"{\"issue\":[{\"code\":7,\"expression\":\"x\"}]}", "status 422"},
        {"{\"issue\":[]}", "status 422"},
        {"{\"issue\":{}}", "status 422"},
        {"null", "status 422"},
    };
    char reason[FHIR_REASON_MAX], text[512];
    json_object *outcome;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        outcome = json_tokener_parse(cases[i].outcome);
        fhir_answer_describe(outcome, 422, reason);
        assert_string_equal(reason, cases[i].reason);
        json_object_put(outcome);
    }
    snprintf(text, sizeof text, "{\"issue\":[{\"code\":\"%0300d\",\"expression\":[\"%0100d\"]}]}", 1,
             1);
    outcome = json_tokener_parse(text);
    fhir_answer_describe(outcome, 422, reason);
    assert_int_equal(strlen(reason), strlen("status 422 ") + 40 + 1 + 80);
    json_object_put(outcome);
}

static void versions(void **state)
{
    static const struct {
        const char *statement, *version;
    } cases[] = {
        {"{\"fhirVersion\":\"4.0.1\"}", "4.0.1"},
        {"{\"fhirVersion\":4}", ""},
        {"{}", ""},
        {"null", ""},
        {"{\"fhirVersion\":\"4\\u0007 0123456789012345678901234567890\"}",
         "4? 0123456789012345678901234567"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        json_object *statement = json_tokener_parse(cases[i].statement);
        char version[FHIR_VERSION_MAX];

        fhir_answer_version(statement, version);
        assert_string_equal(version, cases[i].version);
        json_object_put(statement);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bundles), cmocka_unit_test(status_of_an_entry), cmocka_unit_test(reasons),
        cmocka_unit_test(versions)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
