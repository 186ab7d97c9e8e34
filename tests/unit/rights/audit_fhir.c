/* SPDX-License-Identifier: MIT */
#include "tests/unit/audit_case.h"

#include "rights/audit_fhir.h"

#define DCM "\"system\":\"http://dicom.nema.org/resources/ontology/DCM\",\"code\":"

/* The resource of a record; valid until the next one. */
static const char *resource_of_part(const struct audit_record *r, const struct audit_part *part)
{
    static struct buf b;
    struct err e = ERR_INIT;

    buf_release(&b);
    buf_init(&b, (size_t)1 << 20);
    assert_ok(audit_fhir_put(&b, r, part, &site, &e), &e);
    return b.data;
}

static const char *resource_of(const struct audit_record *r)
{
    return resource_of_part(r, &(const struct audit_part){NULL, 0, 0, 0});
}

/* The type of the event and the pattern it claims. */
static void events_of_records(void **state)
{
    static const struct {
        const char *act, *who, *client, *resource, *content, *outcome, *patient;
        int status;
        const char *type, *action, *pattern;
    } cases[] = {
        {"retrieve", "ann", "::1", "study 1.2.3", "archive", "complete", "P", 200, "rest", "R",
         "PatientRead"},
        {"retrieve", "ann", "::1", "study 1.2.3", "archive", "complete", "", 200, "rest", "R",
         "Read"},
        {"retrieve", "ann", "-", "study 1.2.3", "archive", "complete", "P", 200, "rest", "R", ""},
        {"retrieve", "ann", "", "study 1.2.3", "archive", "complete", "P", 200, "rest", "R", ""},
        {"retrieve", "ann", "::1", "study 1.2.3", "archive", "aborted", "P", 200, "rest", "R", ""},
        {"retrieve", "ann", "::1", "study 1.2.3", "frames", "complete", "P", 200, "rest", "R",
         "PatientRead"},
        {"retrieve", "ann", "::1", "study 1.2.3", "archive", "begun", "P", 0, "110102", "E", ""},
        {"retrieve", "link:1", "::1", "study 1.2.3", "archive", "complete", "P", 200, "110106", "R",
         "PrivacyDisclosure.Source"},
        {"retrieve", "link:1", "::1", "study 1.2.3", "archive", "aborted", "P", 200, "110106", "R",
         "PrivacyDisclosure.Source"},
        {"retrieve", "link:1", "::1", "study 1.2.3", "archive", "complete", "", 200, "110106", "R",
         ""},
        {"search", "ann", "::1", "search studies", "search", "complete", "", 200, "rest", "E",
         "Query"},
        {"search", "ann", "::1", "search studies", "search", "refused", "", 500, "rest", "E", ""},
        {"retrieve", "ann", "::1", "study 1.2.3", "other", "refused", "P", 404, "110113", "E", ""},
        {"link", "operator:bob", "-", "link 9", "created", "complete", "", 0, "110113", "E", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct audit_record r = transfer;
        char text[256];
        const char *found;

        r.act = cases[i].act, r.who = cases[i].who, r.client = cases[i].client;
        r.resource = cases[i].resource, r.content = cases[i].content;
        r.outcome = cases[i].outcome, r.patient = cases[i].patient, r.status = cases[i].status;
        found = resource_of(&r);
        snprintf(text, sizeof text, "\"code\":\"%s\"", cases[i].type);
        has(strstr(found, "\"type\":"), text);
        snprintf(text, sizeof text, "\"action\":\"%s\"", cases[i].action);
        has(found, text);
        snprintf(text, sizeof text, "IHE.BasicAudit.%s\"]", cases[i].pattern);
        if (*cases[i].pattern)
            has(found, text);
        else
            has_not(found, "\"profile\"");
    }
}

static void times_and_outcome(void **state)
{
    struct audit_record r = transfer;
    const char *found = resource_of(&r);

    (void)state;
    has(found, "\"period\":{\"start\":\"" AT "\",\"end\":\"" LAST "\"},\"recorded\":\"" LAST
                 "\",\"outcome\":\"0\",\"agent\"");
    r.outcome = "aborted";
    has(resource_of(&r), "\"outcome\":\"4\",\"outcomeDesc\":\"aborted, status 200\"");
    r.outcome = "begun";
    has(resource_of(&r), "\"period\":{\"start\":\"" AT "\"},\"recorded\":\"" AT "\"");
}

static void agents(void **state)
{
    struct audit_record r = transfer;
    const char *found = resource_of(&r);

    (void)state;
    has(found, "\"agent\":[{\"requestor\":false,\"type\":{\"coding\":[{" DCM "\"110153\"");
    has(found, "\"who\":{\"identifier\":{\"value\":\"site\"}},\"network\":{\"address\":"
                 "\"node.example\",\"type\":\"1\"}}");
    has(found, ",{\"requestor\":false,\"type\":{\"coding\":[{" DCM "\"110152\"");
    has(found, "\"who\":{\"display\":\"10.0.0.7\"},\"network\":{\"address\":\"10.0.0.7\","
                 "\"type\":\"2\"}}");
    has(found, "\"code\":\"IRCP\"");
    has(found, "\"who\":{\"identifier\":{\"value\":\"ann\"}},\"name\":\"ann\"}],\"source\":");
    r.act = "search";
    found = resource_of(&r);
    has(found, "\"agent\":[{\"requestor\":false,\"type\":{\"coding\":[{" DCM "\"110152\"");
    has(found, ",{\"requestor\":false,\"type\":{\"coding\":[{" DCM "\"110153\"");
    r = transfer;
    r.who = "-";
    found = resource_of(&r);
    has(found, ",{\"requestor\":true,\"type\":{\"coding\":[{" DCM "\"110152\"");
    has_not(found, "IRCP");
    r = transfer;
    r.outcome = "refused", r.status = 404;
    found = resource_of(&r);
    has(found, "\"agent\":[{\"requestor\":false,\"type\":{\"coding\":[{" DCM "\"110150\"");
    has(found, ",{\"requestor\":false,\"who\":{\"display\":");
    has(found, ",{\"requestor\":true,\"who\":{\"identifier\":{\"value\":\"ann\"}}");
}

static void entities_of_a_study(void **state)
{
    struct audit_record r = transfer;
    const char *found = resource_of(&r);

    (void)state;
    has(found, "\"entity\":[{\"what\":{\"type\":\"ImagingStudy\",\"identifier\":{\"system\":"
                 "\"urn:dicom:uid\",\"value\":\"urn:oid:1.2.3\"}}");
    has(found, "\"detail\":[{\"type\":\"AccessionNumber\",\"valueString\":\"A1\"},"
                 "{\"type\":\"SOPClass\",\"valueString\":\"1.2.840.10008.5.1.4.1.1.2: 40\"},"
                 "{\"type\":\"SOPClass\",\"valueString\":\"1.2.840.10008.5.1.4.1.1.7: 1\"}]}");
    has(found, "{\"what\":{\"type\":\"Patient\",\"identifier\":{\"value\":\"P1\"}}");
    has(found, "{\"what\":{\"identifier\":{\"value\":\"12.3\"}}");
    has(found, "\"detail\":[{\"type\":\"AuditRecord\",\"valueString\":\"12.3\"},"
                 "{\"type\":\"Representation\",\"valueString\":\"archive\"},"
                 "{\"type\":\"Bytes\",\"valueString\":\"77\"}]}]}");
    r.issuer = "H";
    r.profile = "basic";
    found = resource_of(&r);
    has(found, "\"value\":\"P1\",\"assigner\":{\"display\":\"H\"}");
    has(found, "{\"type\":\"DeidentificationProfile\",\"valueString\":\"basic\"}]}]}");
    r.accession = "";
    has(resource_of(&r), "\"name\":\"study 1.2.3\",\"detail\":[{\"type\":\"SOPClass\"");
    r.classes = "";
    has(resource_of(&r), "\"name\":\"study 1.2.3\"},");
    r.accession = "A1";
    has(resource_of(&r), "[{\"type\":\"AccessionNumber\",\"valueString\":\"A1\"}]}");
}

static void other_entities(void **state)
{
    struct audit_record r = transfer;
    const char *found;

    (void)state;
    r.act = "search", r.resource = "search series";
    found = resource_of(&r);
    has(found, "\"entity\":[{\"query\":\"L3Nlcmllcw==\""); /* /series */
    has_not(found, "\"Patient\"");
    r = transfer;
    r.outcome = "refused", r.status = 404;
    found = resource_of(&r);
    has(found, "\"entity\":[{\"what\":{\"identifier\":{\"value\":\"urn:oid:1.2.3\"}}");
    has(found, "\"code\":\"13\"");
    has(found, DCM "\"110132\"");
    has(found, "\"detail\":[{\"type\":\"Alert Description\",\"valueString\":\"retrieve study"
                 " 1.2.3: refused, status 404\"}]");
    has_not(found, "\"Patient\"");
    has_not(found, "\"Bytes\"");
    r.act = "link", r.resource = "link 9", r.content = "revoked", r.outcome = "complete";
    found = resource_of(&r);
    has(found, DCM "\"110135\"");
    has(found, "\"valueString\":\"link 9: revoked\"");
    r = transfer;
    r.resource = "collection ab", r.study = "";
    found = resource_of(&r);
    has(found, "{\"what\":{\"identifier\":{\"value\":\"/collections/ab\"}}");
    has(found, "\"code\":\"4\",\"display\":\"Domain Resource\"");
    has_not(found, "\"Patient\"");
    r = transfer;
    r.outcome = "begun";
    has_not(resource_of(&r), "\"Bytes\"");
}

static void studies_of_a_patient(void **state)
{
    static const struct audit_study studies[] = {{"1.2.1", "P7", "H"}, {"1.2.2", "P7", "H"}};
    struct audit_record r = transfer;
    const struct audit_part part = {studies, 51, 2, 60};
    const char *found;

    (void)state;
    r.resource = "collection ab", r.study = r.patient = "";
    found = resource_of_part(&r, &part);
    has(found, "\"value\":\"urn:oid:1.2.1\"");
    has(found, "\"value\":\"urn:oid:1.2.2\"");
    has(found, "\"value\":\"P7\",\"assigner\":{\"display\":\"H\"}");
    has(found, "{\"type\":\"Studies\",\"valueString\":\"51-52 of 60\"}");
    has(found, "PrivacyDisclosure.Source");
}

static void text_from_others(void **state)
{
    struct audit_record r = transfer;

    (void)state;
    r.who = "a\"b\\";
    r.patient = "\"},{";
    has(resource_of(&r), "\"name\":\"a\\\"b\\\\\"}");
    has(resource_of(&r), "\"value\":\"\\\"},{\"");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_records),   cmocka_unit_test(times_and_outcome),
        cmocka_unit_test(agents),              cmocka_unit_test(entities_of_a_study),
        cmocka_unit_test(other_entities),      cmocka_unit_test(studies_of_a_patient),
        cmocka_unit_test(text_from_others)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
