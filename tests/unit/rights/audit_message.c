/* SPDX-License-Identifier: MIT */
#include "tests/unit/audit_case.h"

#include <stdlib.h>

#include "rights/audit_message.h"

/* The message of a record; valid until the next one. */
static const char *message_of_part(const struct audit_record *r, const struct audit_part *part)
{
    static struct buf b;
    struct err e = ERR_INIT;

    buf_release(&b);
    buf_init(&b, (size_t)1 << 20);
    assert_ok(audit_message_put(&b, r, part, &site, &e), &e);
    return b.data;
}

static const char *message_of(const struct audit_record *r)
{
    return message_of_part(r, &(const struct audit_part){NULL, 0, 0, 0});
}

static void events_of_records(void **state)
{
    static const struct {
        const char *act, *who, *resource, *content, *outcome;
        int status;
        const char *event, *action, *pri, *result;
    } cases[] = {
        {"retrieve", "ann", "study 1.2.3", "archive", "complete", 200, "110104", "R", "85", "0"},
        {"retrieve", "ann", "study 1.2.3", "multipart", "partial", 206, "110104", "R", "85", "0"},
        {"retrieve", "ann", "study 1.2.3", "bulkdata", "aborted", 200, "110104", "R", "84", "4"},
        {"retrieve", "ann", "study 1.2.3", "archive", "begun", 0, "110102", "E", "85", "0"},
        {"retrieve", "link:1", "study 1.2.3", "archive", "begun", 0, "110102", "E", "85", "0"},
        {"retrieve", "ann", "series 1.2.4", "metadata", "complete", 200, "110103", "R", "85", "0"},
        {"retrieve", "ann", "series 1.2.4", "table", "complete", 200, "110103", "R", "85", "0"},
        {"retrieve", "ann", "instance 1.2.5", "frames", "complete", 200, "110103", "R", "85", "0"},
        {"retrieve", "ann", "instance 1.2.5", "rendered", "aborted", 200, "110103", "R", "84", "4"},
        {"retrieve", "link:1", "study 1.2.3", "rendered", "complete", 200, "110106", "R", "85",
         "0"},
        {"retrieve", "ann", "collection abc", "archive", "complete", 200, "110106", "R", "85", "0"},
        {"retrieve", "ann", "search studies", "archive", "complete", 200, "110106", "R", "85", "0"},
        {"search", "ann", "search studies", "search", "complete", 200, "110112", "E", "85", "0"},
        {"search", "ann", "search studies", "search", "refused", 401, "110113", "E", "84", "4"},
        {"search", "ann", "search studies", "search", "refused", 503, "110112", "E", "84", "8"},
        {"retrieve", "ann", "study 1.2.3", "other", "refused", 403, "110113", "E", "84", "4"},
        {"retrieve", "ann", "study 1.2.3", "other", "refused", 404, "110113", "E", "84", "4"},
        {"retrieve", "ann", "study 1.2.3", "other", "refused", 410, "110113", "E", "84", "4"},
        {"retrieve", "ann", "study 1.2.3", "other", "refused", 429, "110113", "E", "84", "4"},
        {"retrieve", "ann", "study 1.2.3", "archive", "refused", 406, "110104", "R", "84", "4"},
        {"retrieve", "ann", "study 1.2.3", "archive", "refused", 500, "110104", "R", "84", "8"},
        {"retrieve", "ann", "study 1.2.3", "archive", "refused", 499, "110104", "R", "84", "4"},
        {"link", "operator:bob", "link 9", "created", "complete", 0, "110113", "E", "85", "0"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct audit_record r = transfer;
        const char *m;
        char text[128];

        r.act = cases[i].act;
        r.who = cases[i].who;
        r.resource = cases[i].resource;
        r.content = cases[i].content;
        r.outcome = cases[i].outcome;
        r.status = cases[i].status;
        m = message_of(&r);
        snprintf(text, sizeof text, "<EventID csd-code=\"%s\"", cases[i].event);
        has(m, text);
        snprintf(text, sizeof text, "EventActionCode=\"%s\"", cases[i].action);
        has(m, text);
        snprintf(text, sizeof text, " <%s>1 ", cases[i].pri);
        has(m, text);
        snprintf(text, sizeof text, "EventOutcomeIndicator=\"%s\"", cases[i].result);
        has(m, text);
        if (strcmp(cases[i].result, "0") == 0)
            has_not(m, "EventOutcomeDescription");
        else
            has(m, "<EventOutcomeDescription>");
    }
}

static void frame_and_header(void **state)
{
    struct audit_record r = transfer;
    const char *m = message_of(&r);
    char *rest;
    unsigned long octets = strtoul(m, &rest, 10);

    (void)state;
    assert_int_equal(octets, strlen(rest) - 1);
    assert_memory_equal(rest, " <85>1 " LAST " node.example wadozip ", 46);
    has(rest,
        " DICOM+RFC3881 - \xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"UTF-8\"?><AuditMessage>");
    assert_string_equal(rest + strlen(rest) - 15, "</AuditMessage>");
    has(m, "EventDateTime=\"" LAST "\"");
    r.outcome = "begun";
    has(message_of(&r), "EventDateTime=\"" AT "\"");
}

static void participants(void **state)
{
    struct audit_record r = transfer;
    const char *m = message_of(&r);

    (void)state;
    has(m, "UserID=\"site\" UserIsRequestor=\"false\" NetworkAccessPointID=\"node.example\""
           " NetworkAccessPointTypeCode=\"1\"><RoleIDCode csd-code=\"110153\"");
    has(m, "UserID=\"ann\" UserIsRequestor=\"true\" NetworkAccessPointID=\"10.0.0.7\""
           " NetworkAccessPointTypeCode=\"2\"><RoleIDCode csd-code=\"110152\"");
    has_not(m, "110154");
    r.who = "-";
    r.client = "2001:db8::1";
    has(message_of(&r),
        "UserID=\"2001:db8::1\" UserIsRequestor=\"true\" NetworkAccessPointID=\"2001:db8::1\""
        " NetworkAccessPointTypeCode=\"2\"");
    r.client = "-";
    has(message_of(&r), "UserID=\"-\" UserIsRequestor=\"true\"><");
    r = transfer;
    r.who = "link:4";
    m = message_of(&r);
    has(m, "UserID=\"link:4\"");
    has(m,
        "<RoleIDCode csd-code=\"110154\" codeSystemName=\"DCM\" originalText=\"Destination Media\"/>"
        "<MediaIdentifier><MediaType csd-code=\"110037\"");
    r = transfer;
    r.act = "search";
    r.resource = "search series";
    m = message_of(&r);
    has(m, "NetworkAccessPointTypeCode=\"2\"><RoleIDCode csd-code=\"110153\"");
    has(m, "NetworkAccessPointTypeCode=\"1\"><RoleIDCode csd-code=\"110152\"");
    r = transfer;
    r.content = "frames";
    has(message_of(&r), "NetworkAccessPointTypeCode=\"2\"></ActiveParticipant>");
}

static void participants_of_alerts(void **state)
{
    struct audit_record r = transfer;
    const char *m;

    (void)state;
    r.outcome = "refused";
    r.status = 404;
    m = message_of(&r);
    has(m, "UserID=\"ann\" UserIsRequestor=\"false\"");
    has(m, "NetworkAccessPointTypeCode=\"1\"><RoleIDCode csd-code=\"110150\" codeSystemName=\"DCM\""
           " originalText=\"Application\"/></ActiveParticipant>");
    has(m, "NetworkAccessPointTypeCode=\"2\"></ActiveParticipant>");
    has(m, "ParticipantObjectID=\"urn:oid:1.2.3\"");
    has_not(m, "type=\"Bytes\"");
    has_not(m, "110180");
    r = transfer;
    r.content = "frames";
    m = message_of(&r);
    has(m, "NetworkAccessPointTypeCode=\"1\"><RoleIDCode csd-code=\"110150\"");
    r = transfer;
    r.outcome = "begun";
    has_not(message_of(&r), "type=\"Bytes\"");
    r = transfer;
    r.act = "search";
    has_not(message_of(&r), "110180");
    r = transfer;
    r.who = "link:4";
    has(message_of(&r), "UserID=\"10.0.0.7\" UserIsRequestor=\"false\"");
}

static void objects(void **state)
{
    struct audit_record r = transfer;
    const char *m = message_of(&r);

    (void)state;
    has(m,
        "ParticipantObjectID=\"1.2.3\" ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"3\">"
        "<ParticipantObjectIDTypeCode csd-code=\"110180\"");
    has(m, "<ParticipantObjectName>study 1.2.3</ParticipantObjectName>");
    has(m, "type=\"AuditRecord\" value=\"MTIuMw==\""); /* 12.3 */
    has(m, "type=\"Representation\" value=\"YXJjaGl2ZQ==\"");
    has(m, "type=\"Bytes\" value=\"Nzc=\"");
    has(m, "<ParticipantObjectDescription><Accession Number=\"A1\"/>"
           "<SOPClass UID=\"1.2.840.10008.5.1.4.1.1.2\" NumberOfInstances=\"40\"/>"
           "<SOPClass UID=\"1.2.840.10008.5.1.4.1.1.7\" NumberOfInstances=\"1\"/>"
           "<Anonymized>false</Anonymized></ParticipantObjectDescription>");
    has(m,
        "ParticipantObjectID=\"P1\" ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\">"
        "<ParticipantObjectIDTypeCode csd-code=\"2\"");
    has_not(m, "DeidentificationProfile");
    r.profile = "basic";
    r.accession = r.patient = "";
    m = message_of(&r);
    has(m, "<ParticipantObjectDescription><SOPClass");
    has(m, "<Anonymized>true</Anonymized>");
    has(m, "type=\"DeidentificationProfile\" value=\"YmFzaWM=\"");
    has_not(m, "Patient Number");
    r.classes = "1.2.3";
    has_not(message_of(&r), "<SOPClass");
    r.classes = "";
    has_not(message_of(&r), "ParticipantObjectDescription");
}

static void other_objects(void **state)
{
    static const struct {
        const char *act, *resource, *content, *outcome, *id, *more;
    } cases[] = {
        {"search", "search series", "search", "complete",
         "\"/series\" ParticipantObjectTypeCode=\"2\""
         " ParticipantObjectTypeCodeRole=\"3\"><ParticipantObjectIDTypeCode csd-code=\"10\"",
         "<ParticipantObjectQuery>c2VhcmNoIHNlcmllcw==</ParticipantObjectQuery>"},
        {"retrieve", "collection ab", "archive", "complete", "\"/collections/ab\"",
         "csd-code=\"12\""},
        {"retrieve", "study 1.2.9", "other", "refused",
         "\"urn:oid:1.2.9\" ParticipantObjectTypeCode=\"2\""
         " ParticipantObjectTypeCodeRole=\"13\"",
         "<EventTypeCode csd-code=\"110132\""},
        {"link", "link 9", "revoked", "complete", "\"link:9\"",
         "<EventTypeCode csd-code=\"110135\""},
        {"link", "link 9", "revoked", "complete", "\"link:9\"",
         "type=\"Alert Description\" value=\"bGluayA5OiByZXZva2Vk\""}, /* link 9: revoked */
        {"retrieve", "study 1.2.9", "other", "refused", "\"urn:oid:1.2.9\"",
         "value=\"cmV0cmlldmUgc3R1ZHkgMS4yLjk6IHJlZnVzZWQsIHN0YXR1cyA0MDQ=\""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct audit_record r = transfer;
        char text[256];

        r.act = cases[i].act;
        r.resource = cases[i].resource;
        r.content = cases[i].content;
        r.outcome = cases[i].outcome;
        r.status = 404;
        r.study = "";
        snprintf(text, sizeof text, "ParticipantObjectID=%s", cases[i].id);
        has(message_of(&r), text);
        has(message_of(&r), cases[i].more);
    }
}

/* A collection's: each study, each patient once, and which part of it. */
static void studies_of_an_export(void **state)
{
    static const struct audit_study studies[] = {
        {"1.2.1", "P1", ""}, {"1.2.2", "P1", ""}, {"1.2.3", "P1", "B"}, {"1.2.4", "", ""}};
    struct audit_record r = transfer;
    const struct audit_part part = {studies, 51, 4, 60};
    const char *m, *at;
    size_t patients = 0;

    (void)state;
    r.resource = "collection ab";
    r.study = r.patient = r.classes = "";
    m = message_of_part(&r, &part);
    has(m, "ParticipantObjectID=\"/collections/ab\"");
    has(m, "type=\"Studies\" value=\"NTEtNTQgb2YgNjA=\""); /* 51-54 of 60 */
    for (at = m; (at = strstr(at, "Patient Number")); at++)
        patients++;
    assert_int_equal(patients, 2);
    has(m, "ParticipantObjectID=\"1.2.1\" ParticipantObjectTypeCode=\"2\"");
    has(m, "ParticipantObjectID=\"1.2.4\" ParticipantObjectTypeCode=\"2\"");
    has_not(message_of(&r), "\"Studies\"");
}

static void text_from_outside(void **state)
{
    struct audit_record r = transfer;

    (void)state;
    r.who = "<b>&\"";
    r.patient = "\"/><x";
    has(message_of(&r), "UserID=\"&lt;b&gt;&amp;&quot;\"");
    has(message_of(&r), "ParticipantObjectID=\"&quot;/&gt;&lt;x\"");
}

static void a_message_that_is_too_long(void **state)
{
    struct audit_record r = transfer;
    struct err e = ERR_INIT;
    const struct audit_part none = {NULL, 0, 0, 0};
    char *who = malloc(AUDIT_MESSAGE_MAX + 1);
    struct buf b;

    (void)state;
    memset(who, 'x', AUDIT_MESSAGE_MAX);
    who[AUDIT_MESSAGE_MAX] = '\0';
    r.who = who;
    buf_init(&b, (size_t)1 << 20);
    assert_int_equal(audit_message_put(&b, &r, &none, &site, &e), -1);
    assert_int_equal(e.kind, ERR_TOO_LARGE);
    err_clear(&e);
    assert_int_equal(b.len, 0);
    who[AUDIT_MESSAGE_MAX - 4000] = '\0';
    assert_ok(audit_message_put(&b, &r, &none, &site, &e), &e);
    buf_release(&b);
    free(who);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_of_records), cmocka_unit_test(frame_and_header),
        cmocka_unit_test(participants),      cmocka_unit_test(participants_of_alerts),
        cmocka_unit_test(objects),           cmocka_unit_test(other_objects),
        cmocka_unit_test(studies_of_an_export), cmocka_unit_test(text_from_outside),
        cmocka_unit_test(a_message_that_is_too_long)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
