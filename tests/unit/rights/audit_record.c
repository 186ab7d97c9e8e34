/* SPDX-License-Identifier: MIT */
#include "tests/unit/audit_case.h"

static void which_name_studies(void **state)
{
    static const struct {
        const char *act, *who, *resource, *outcome;
        int status;
        bool named;
    } cases[] = {
        {"retrieve", "ann", "collection ab", "complete", 200, true},
        {"retrieve", "link:1", "collection ab", "aborted", 200, true},
        {"retrieve", "ann", "collection ab", "begun", 0, false},
        {"retrieve", "ann", "collection ab", "refused", 503, false},
        {"retrieve", "ann", "collection ab", "refused", 404, false},
        {"retrieve", "ann", "search studies", "complete", 200, false},
        {"retrieve", "link:1", "study 1.2", "complete", 200, false},
        {"link", "ann", "collection ab", "complete", 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct audit_record r = transfer;

        r.act = cases[i].act, r.who = cases[i].who, r.resource = cases[i].resource;
        r.outcome = cases[i].outcome, r.status = cases[i].status;
        if (audit_names_studies(&r) != cases[i].named)
            fail_msg("%s %s", cases[i].resource, cases[i].outcome);
    }
    has(site.source, "site");
    has_not(site.host, "site");
}

static void resources_as_uris(void **state)
{
    static const struct {
        const char *resource, *uri;
    } cases[] = {{"study 1.2", "urn:oid:1.2"},       {"instance 1.3", "urn:oid:1.3"},
                 {"collection ab", "/collections/ab"}, {"link 9", "link:9"},
                 {"search series", "/series"},       {"study", "urn:oid:"}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct audit_record r = transfer;
        char uri[AUDIT_DETAIL_MAX];

        r.resource = cases[i].resource;
        audit_uri_of(&r, uri);
        assert_string_equal(uri, cases[i].uri);
    }
}

static void classes_of_a_study(void **state)
{
    const char *classes = "1.2 40,1.3,1.4 7";
    struct audit_class c;
    char text[32];

    (void)state;
    assert_true(audit_next_class(&classes, &c));
    snprintf(text, sizeof text, "%.*s=%.*s", c.uid_len, c.uid, c.count_len, c.count);
    assert_string_equal(text, "1.2=40");
    assert_true(audit_next_class(&classes, &c));
    snprintf(text, sizeof text, "%.*s=%.*s", c.uid_len, c.uid, c.count_len, c.count);
    assert_string_equal(text, "1.4=7");
    assert_false(audit_next_class(&classes, &c));
    assert_false(audit_next_class(&(const char *){""}, &c));
}

static void addresses(void **state)
{
    (void)state;
    assert_true(audit_is_address("10.0.0.7"));
    assert_true(audit_is_address("2001:db8::1"));
    assert_false(audit_is_address("node.example"));
    assert_false(audit_is_address("10.0.0"));
    assert_false(audit_is_address(""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_name_studies), cmocka_unit_test(resources_as_uris),
        cmocka_unit_test(classes_of_a_study), cmocka_unit_test(addresses)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
