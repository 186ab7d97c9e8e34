/* SPDX-License-Identifier: MIT */
#include "rights/audit_message.h"

#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "base/xml_text.h"

#define PRI_NOTICE 85  /* facility 10, severity 5 (PS3.15 A.6) */
#define PRI_WARNING 84
#define BOM "\xEF\xBB\xBF" /* before UTF-8 (RFC 5424 6.4) */

#define RESTRICTED "110132", "Use of Restricted Function"
#define ATTRIBUTES_CHANGED "110135", "Object Security Attributes Changed"

struct message {
    struct buf *b;
    const struct audit_record *r;
    const struct audit_part *part;
    const struct audit_site *site;
    enum audit_event event;
    enum audit_outcome outcome;
};

static void put_text_attribute(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, " %s=\"", name);
    xml_text(b, value, strlen(value));
    buf_str(b, "\"");
}

static void put_code(struct buf *b, const char *element, const char *code, const char *meaning)
{
    buf_printf(b, "<%s csd-code=\"%s\" codeSystemName=\"DCM\" originalText=\"%s\"/>", element, code,
               meaning);
}

static void put_base64(struct buf *b, const char *value)
{
    unsigned char text[4 * ((AUDIT_DETAIL_MAX + 2) / 3) + 1];
    size_t len = strnlen(value, AUDIT_DETAIL_MAX);
    int n = EVP_EncodeBlock(text, (const unsigned char *)value, (int)len);

    buf_add(b, text, (size_t)n);
}

static void put_detail(struct buf *b, const char *type, const char *value)
{
    buf_printf(b, "<ParticipantObjectDetail type=\"%s\" value=\"", type);
    put_base64(b, value);
    buf_str(b, "\"/>");
}

static void put_event(const struct message *m)
{
    const struct audit_record *r = m->r;

    buf_printf(m->b, "<EventIdentification EventActionCode=\"%c\"", audit_event_codes[m->event].action);
    put_text_attribute(m->b, "EventDateTime", m->event == AUDIT_BEGIN ? r->at : r->last);
    buf_printf(m->b, " EventOutcomeIndicator=\"%d\">", (int)m->outcome);
    put_code(m->b, "EventID", audit_event_codes[m->event].code, audit_event_codes[m->event].meaning);
    if (m->event == AUDIT_ALERT && audit_concerns_link(r))
        put_code(m->b, "EventTypeCode", ATTRIBUTES_CHANGED);
    else if (m->event == AUDIT_ALERT)
        put_code(m->b, "EventTypeCode", RESTRICTED);
    if (m->outcome != AUDIT_SUCCESS)
        buf_printf(m->b, "<EventOutcomeDescription>%s, status %d</EventOutcomeDescription>",
                   r->outcome, r->status);
    buf_str(m->b, "</EventIdentification>");
}

/* Name the address in an attribute, with its type (PS3.15 A.5.1: 1 name, 2 IP address). */
static void put_access_point(struct buf *b, const char *name)
{
    if (!*name || strcmp(name, "-") == 0)
        return;
    put_text_attribute(b, "NetworkAccessPointID", name);
    buf_printf(b, " NetworkAccessPointTypeCode=\"%c\"", audit_is_address(name) ? '2' : '1');
}

static void put_service(const struct message *m)
{
    buf_str(m->b, "<ActiveParticipant");
    put_text_attribute(m->b, "UserID", m->site->source);
    buf_str(m->b, " UserIsRequestor=\"false\"");
    put_access_point(m->b, m->site->host);
    buf_str(m->b, ">");
    if (m->event == AUDIT_QUERY)
        put_code(m->b, "RoleIDCode", "110152", "Destination Role ID");
    else if (m->event != AUDIT_ALERT && m->event != AUDIT_ACCESSED)
        put_code(m->b, "RoleIDCode", "110153", "Source Role ID");
    put_code(m->b, "RoleIDCode", "110150", "Application");
    buf_str(m->b, "</ActiveParticipant>");
}

/* Somebody without a name is known by the address. */
static const char *user_of(const struct audit_record *r)
{
    return strcmp(r->who, "-") != 0 ? r->who : r->client;
}

static void put_user(const struct message *m)
{
    buf_str(m->b, "<ActiveParticipant");
    put_text_attribute(m->b, "UserID", user_of(m->r));
    buf_printf(m->b, " UserIsRequestor=\"%s\"", m->event == AUDIT_ALERT ? "false" : "true");
    put_access_point(m->b, m->r->client);
    buf_str(m->b, ">");
    if (m->event == AUDIT_QUERY)
        put_code(m->b, "RoleIDCode", "110153", "Source Role ID");
    else if (m->event != AUDIT_ALERT && m->event != AUDIT_ACCESSED)
        put_code(m->b, "RoleIDCode", "110152", "Destination Role ID");
    buf_str(m->b, "</ActiveParticipant>");
}

/* An export names its medium (PS3.15 A.5.3.4): the client's address. */
static void put_medium(const struct message *m)
{
    buf_str(m->b, "<ActiveParticipant");
    put_text_attribute(m->b, "UserID", m->r->client);
    buf_str(m->b, " UserIsRequestor=\"false\"");
    put_access_point(m->b, m->r->client);
    buf_str(m->b, ">");
    put_code(m->b, "RoleIDCode", "110154", "Destination Media");
    buf_str(m->b, "<MediaIdentifier>");
    put_code(m->b, "MediaType", "110037", "URI");
    buf_str(m->b, "</MediaIdentifier></ActiveParticipant>");
}

static void put_record_details(const struct message *m)
{
    char text[AUDIT_DETAIL_MAX];

    snprintf(text, sizeof text, "%llu.%d", (unsigned long long)m->r->id, m->r->changes);
    put_detail(m->b, "AuditRecord", text);
    if (m->part->total) {
        audit_describe_part(m->part, text);
        put_detail(m->b, "Studies", text);
    }
    put_detail(m->b, "Representation", m->r->content);
    if (m->event != AUDIT_ALERT && m->event != AUDIT_BEGIN)
        put_detail(m->b, "Bytes", m->r->bytes);
    if (*m->r->profile)
        put_detail(m->b, "DeidentificationProfile", m->r->profile);
}

/* The object of a query, an alert, or an archive of several studies. */
static void put_uri_object(const struct message *m)
{
    const struct audit_record *r = m->r;
    bool query = m->event == AUDIT_QUERY;
    char text[AUDIT_DETAIL_MAX];

    audit_uri_of(r, text);
    buf_str(m->b, "<ParticipantObjectIdentification");
    put_text_attribute(m->b, "ParticipantObjectID", text);
    buf_printf(m->b, " ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"%s\">",
               m->event == AUDIT_ALERT ? "13" : "3");
    buf_printf(
        m->b,
        "<ParticipantObjectIDTypeCode csd-code=\"%s\" codeSystemName=\"RFC-3881\" originalText=\"%s\"/>",
        query ? "10" : "12", query ? "Search Criteria" : "URI");
    if (query) {
        buf_str(m->b, "<ParticipantObjectQuery>");
        put_base64(m->b, r->resource);
        buf_str(m->b, "</ParticipantObjectQuery>");
    } else {
        buf_str(m->b, "<ParticipantObjectName>");
        xml_text(m->b, r->resource, strlen(r->resource));
        buf_str(m->b, "</ParticipantObjectName>");
    }
    if (m->event == AUDIT_ALERT) {
        audit_describe_alert(r, text);
        put_detail(m->b, "Alert Description", text);
    }
    put_record_details(m);
    buf_str(m->b, "</ParticipantObjectIdentification>");
}

/* Accession and Anonymized need a SOP Class with them (PS3.15 table A.5.2-1). */
static void put_sop_classes(const struct message *m)
{
    const char *classes = m->r->classes;
    struct audit_class c;

    if (!*classes)
        return;
    buf_str(m->b, "<ParticipantObjectDescription>");
    if (*m->r->accession) {
        buf_str(m->b, "<Accession");
        put_text_attribute(m->b, "Number", m->r->accession);
        buf_str(m->b, "/>");
    }
    while (audit_next_class(&classes, &c))
        buf_printf(m->b, "<SOPClass UID=\"%.*s\" NumberOfInstances=\"%.*s\"/>", c.uid_len, c.uid,
                   c.count_len, c.count);
    buf_printf(m->b, "<Anonymized>%s</Anonymized></ParticipantObjectDescription>",
               *m->r->profile ? "true" : "false");
}

static void begin_study_object(const struct message *m, const char *uid, const char *name)
{
    buf_str(m->b, "<ParticipantObjectIdentification");
    put_text_attribute(m->b, "ParticipantObjectID", uid);
    buf_str(m->b, " ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"3\">");
    put_code(m->b, "ParticipantObjectIDTypeCode", "110180", "Study Instance UID");
    buf_str(m->b, "<ParticipantObjectName>");
    xml_text(m->b, name, strlen(name));
    buf_str(m->b, "</ParticipantObjectName>");
}

static void put_patient_object(const struct message *m, const char *patient)
{
    if (!*patient)
        return;
    buf_str(m->b, "<ParticipantObjectIdentification");
    put_text_attribute(m->b, "ParticipantObjectID", patient);
    buf_str(
        m->b,
        " ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\"><ParticipantObjectIDTypeCode"
        " csd-code=\"2\" codeSystemName=\"RFC-3881\" originalText=\"Patient Number\"/><ParticipantObjectName/>"
        "</ParticipantObjectIdentification>");
}

static void put_study_object(const struct message *m)
{
    begin_study_object(m, m->r->study, m->r->resource);
    put_record_details(m);
    put_sop_classes(m);
    buf_str(m->b, "</ParticipantObjectIdentification>");
    put_patient_object(m, m->r->patient);
}

/* An export may concern several studies and patients (PS3.15 A.5.3.4). */
static void put_archived_studies(const struct message *m)
{
    const char *last = "", *issuer = "";

    for (uint64_t i = 0; i < m->part->count; i++) {
        const struct audit_study *s = &m->part->studies[i];

        begin_study_object(m, s->uid, "");
        buf_str(m->b, "</ParticipantObjectIdentification>");
        if (strcmp(s->patient, last) != 0 || strcmp(s->issuer, issuer) != 0)
            put_patient_object(m, s->patient);
        last = s->patient, issuer = s->issuer;
    }
}

static void put_audit_message(const struct message *m)
{
    buf_str(m->b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><AuditMessage>");
    put_event(m);
    put_service(m);
    put_user(m);
    if (m->event == AUDIT_EXPORT)
        put_medium(m);
    buf_str(m->b, "<AuditSourceIdentification");
    put_text_attribute(m->b, "AuditSourceID", m->site->source);
    buf_str(m->b, "><AuditSourceTypeCode csd-code=\"4\"/></AuditSourceIdentification>");
    if (m->event == AUDIT_QUERY || m->event == AUDIT_ALERT || !*m->r->study)
        put_uri_object(m);
    else
        put_study_object(m);
    put_archived_studies(m);
    buf_str(m->b, "</AuditMessage>");
}

int audit_message_put(struct buf *out, const struct audit_record *r, const struct audit_part *part,
                      const struct audit_site *site, struct err *e)
{
    struct buf b;
    const struct message m = {&b, r, part, site, audit_event_of(r), audit_outcome_of(r)};
    int rc = -1;

    buf_init(&b, AUDIT_MESSAGE_MAX);
    buf_printf(&b, "<%d>1 %s %.*s wadozip %ld DICOM+RFC3881 - " BOM,
               m.outcome == AUDIT_SUCCESS ? PRI_NOTICE : PRI_WARNING,
               m.event == AUDIT_BEGIN ? r->at : r->last, AUDIT_HOST_MAX, site->host,
               (long)getpid());
    put_audit_message(&m);
    if (b.failed) {
        err_set(e, ERR_TOO_LARGE, "its message is longer than %zu bytes", AUDIT_MESSAGE_MAX);
    } else {
        buf_printf(out, "%zu ", b.len);
        buf_add(out, b.data, b.len);
        rc = buf_check(out, "audit messages", e);
    }
    buf_release(&b);
    return rc;
}
