/* SPDX-License-Identifier: MIT */
#include "rights/audit_message.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <string.h>
#include <unistd.h>

#include "base/xml_text.h"

#define DETAIL_MAX 512 /* bytes of a value before it is encoded */
#define PRI_NOTICE 85  /* facility 10, severity 5 (PS3.15 A.6) */
#define PRI_WARNING 84
#define BOM "\xEF\xBB\xBF" /* before UTF-8 (RFC 5424 6.4) */

#define RESTRICTED "110132", "Use of Restricted Function"
#define ATTRIBUTES_CHANGED "110135", "Object Security Attributes Changed"

enum event {
    EVENT_BEGIN,
    EVENT_ACCESSED,
    EVENT_TRANSFERRED,
    EVENT_EXPORT,
    EVENT_QUERY,
    EVENT_ALERT
};
enum outcome { OUTCOME_SUCCESS = 0, OUTCOME_MINOR = 4, OUTCOME_SERIOUS = 8 };

struct message {
    struct buf *b;
    const struct audit_record *r;
    const char *host, *source;
    enum event event;
    enum outcome outcome;
};

/* CID 400. The action codes are those of PS3.15 A.5.3. */
static const struct {
    const char *code, *meaning;
    char action;
} events[] = {
    [EVENT_BEGIN] = {"110102", "Begin Transferring DICOM Instances", 'E'},
    [EVENT_ACCESSED] = {"110103", "DICOM Instances Accessed", 'R'},
    [EVENT_TRANSFERRED] = {"110104", "DICOM Instances Transferred", 'R'},
    [EVENT_EXPORT] = {"110106", "Export", 'R'},
    [EVENT_QUERY] = {"110112", "Query", 'E'},
    [EVENT_ALERT] = {"110113", "Security Alert", 'E'},
};

static bool starts_with(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

/* Refusals that concern rights. */
static bool is_denied(const struct audit_record *r)
{
    return strcmp(r->outcome, "refused") == 0 &&
           (r->status == 401 || r->status == 403 || r->status == 404 || r->status == 410 ||
            r->status == 429);
}

static enum event event_of(const struct audit_record *r)
{
    static const char *const viewed[] = {"metadata", "table", "frames", "rendered"};

    if (strcmp(r->act, "link") == 0 || is_denied(r))
        return EVENT_ALERT;
    if (strcmp(r->act, "search") == 0)
        return EVENT_QUERY;
    if (strcmp(r->outcome, "begun") == 0)
        return EVENT_BEGIN;
    if (starts_with(r->who, "link:") || starts_with(r->resource, "collection ") ||
        starts_with(r->resource, "search "))
        return EVENT_EXPORT;
    for (size_t i = 0; i < sizeof viewed / sizeof *viewed; i++)
        if (strcmp(r->content, viewed[i]) == 0)
            return EVENT_ACCESSED;
    return EVENT_TRANSFERRED;
}

static enum outcome outcome_of(const struct audit_record *r)
{
    if (strcmp(r->outcome, "refused") == 0)
        return r->status >= 500 ? OUTCOME_SERIOUS : OUTCOME_MINOR;
    return strcmp(r->outcome, "aborted") == 0 ? OUTCOME_MINOR : OUTCOME_SUCCESS;
}

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
    unsigned char text[4 * ((DETAIL_MAX + 2) / 3) + 1];
    size_t len = strnlen(value, DETAIL_MAX);
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
    bool link = strcmp(r->act, "link") == 0;

    buf_printf(m->b, "<EventIdentification EventActionCode=\"%c\"", events[m->event].action);
    put_text_attribute(m->b, "EventDateTime", m->event == EVENT_BEGIN ? r->at : r->last);
    buf_printf(m->b, " EventOutcomeIndicator=\"%d\">", (int)m->outcome);
    put_code(m->b, "EventID", events[m->event].code, events[m->event].meaning);
    if (m->event == EVENT_ALERT && link)
        put_code(m->b, "EventTypeCode", ATTRIBUTES_CHANGED);
    else if (m->event == EVENT_ALERT)
        put_code(m->b, "EventTypeCode", RESTRICTED);
    if (m->outcome != OUTCOME_SUCCESS)
        buf_printf(m->b, "<EventOutcomeDescription>%s, status %d</EventOutcomeDescription>",
                   r->outcome, r->status);
    buf_str(m->b, "</EventIdentification>");
}

/* Name the address in an attribute, with its type (PS3.15 A.5.1: 1 name, 2 IP address). */
static void put_access_point(struct buf *b, const char *name)
{
    struct in6_addr unused;

    if (!*name || strcmp(name, "-") == 0)
        return;
    put_text_attribute(b, "NetworkAccessPointID", name);
    buf_printf(b, " NetworkAccessPointTypeCode=\"%c\"",
               inet_pton(strchr(name, ':') ? AF_INET6 : AF_INET, name, &unused) == 1 ? '2' : '1');
}

static void put_service(const struct message *m)
{
    buf_str(m->b, "<ActiveParticipant");
    put_text_attribute(m->b, "UserID", m->source);
    buf_str(m->b, " UserIsRequestor=\"false\"");
    put_access_point(m->b, m->host);
    buf_str(m->b, ">");
    if (m->event == EVENT_QUERY)
        put_code(m->b, "RoleIDCode", "110152", "Destination Role ID");
    else if (m->event != EVENT_ALERT && m->event != EVENT_ACCESSED)
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
    buf_printf(m->b, " UserIsRequestor=\"%s\"", m->event == EVENT_ALERT ? "false" : "true");
    put_access_point(m->b, m->r->client);
    buf_str(m->b, ">");
    if (m->event == EVENT_QUERY)
        put_code(m->b, "RoleIDCode", "110153", "Source Role ID");
    else if (m->event != EVENT_ALERT && m->event != EVENT_ACCESSED)
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

/* Write the resource as a URI: a UID as urn:oid, others as paths. */
static void put_resource_uri(struct buf *b, const char *resource)
{
    const char *value = strchr(resource, ' ');

    value = value ? value + 1 : "";
    if (starts_with(resource, "collection "))
        buf_str(b, "/collections/");
    else if (starts_with(resource, "link "))
        buf_str(b, "link:");
    else if (starts_with(resource, "search "))
        buf_str(b, "/");
    else
        buf_str(b, "urn:oid:");
    xml_text(b, value, strlen(value));
}

static void put_record_details(const struct message *m)
{
    char number[48];

    snprintf(number, sizeof number, "%llu.%d", (unsigned long long)m->r->id, m->r->changes);
    put_detail(m->b, "AuditRecord", number);
    put_detail(m->b, "Representation", m->r->content);
    if (m->event != EVENT_ALERT && m->event != EVENT_BEGIN)
        put_detail(m->b, "Bytes", m->r->bytes);
    if (*m->r->profile)
        put_detail(m->b, "DeidentificationProfile", m->r->profile);
}

/* The object of a query, an alert, or an archive of several studies. */
static void put_uri_object(const struct message *m)
{
    const struct audit_record *r = m->r;
    bool query = m->event == EVENT_QUERY;
    char text[DETAIL_MAX];

    buf_str(m->b, "<ParticipantObjectIdentification ParticipantObjectID=\"");
    put_resource_uri(m->b, r->resource);
    buf_printf(m->b, "\" ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"%s\">",
               m->event == EVENT_ALERT ? "13" : "3");
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
    if (m->event == EVENT_ALERT) {
        if (strcmp(r->act, "link") == 0)
            snprintf(text, sizeof text, "%s: %s", r->resource, r->content);
        else
            snprintf(text, sizeof text, "%s %s: refused, status %d", r->act, r->resource,
                     r->status);
        put_detail(m->b, "Alert Description", text);
    }
    put_record_details(m);
    buf_str(m->b, "</ParticipantObjectIdentification>");
}

/* Accession and Anonymized need a SOP Class with them (PS3.15 table A.5.2-1). */
static void put_sop_classes(const struct message *m)
{
    const char *s = m->r->classes;

    if (!*s)
        return;
    buf_str(m->b, "<ParticipantObjectDescription>");
    if (*m->r->accession) {
        buf_str(m->b, "<Accession");
        put_text_attribute(m->b, "Number", m->r->accession);
        buf_str(m->b, "/>");
    }
    while (*s) {
        size_t item = strcspn(s, ","), uid = strcspn(s, " ,");

        if (uid < item)
            buf_printf(m->b, "<SOPClass UID=\"%.*s\" NumberOfInstances=\"%.*s\"/>", (int)uid, s,
                       (int)(item - uid - 1), s + uid + 1);
        s += item + (s[item] == ',');
    }
    buf_printf(m->b, "<Anonymized>%s</Anonymized></ParticipantObjectDescription>",
               *m->r->profile ? "true" : "false");
}

static void put_study_object(const struct message *m)
{
    const struct audit_record *r = m->r;

    buf_str(m->b, "<ParticipantObjectIdentification");
    put_text_attribute(m->b, "ParticipantObjectID", r->study);
    buf_str(m->b, " ParticipantObjectTypeCode=\"2\" ParticipantObjectTypeCodeRole=\"3\">");
    put_code(m->b, "ParticipantObjectIDTypeCode", "110180", "Study Instance UID");
    buf_str(m->b, "<ParticipantObjectName>");
    xml_text(m->b, r->resource, strlen(r->resource));
    buf_str(m->b, "</ParticipantObjectName>");
    put_record_details(m);
    put_sop_classes(m);
    buf_str(m->b, "</ParticipantObjectIdentification>");
    if (!*r->patient)
        return;
    buf_str(m->b, "<ParticipantObjectIdentification");
    put_text_attribute(m->b, "ParticipantObjectID", r->patient);
    buf_str(
        m->b,
        " ParticipantObjectTypeCode=\"1\" ParticipantObjectTypeCodeRole=\"1\"><ParticipantObjectIDTypeCode"
        " csd-code=\"2\" codeSystemName=\"RFC-3881\" originalText=\"Patient Number\"/><ParticipantObjectName/>"
        "</ParticipantObjectIdentification>");
}

static void put_audit_message(const struct message *m)
{
    buf_str(m->b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><AuditMessage>");
    put_event(m);
    put_service(m);
    put_user(m);
    if (m->event == EVENT_EXPORT)
        put_medium(m);
    buf_str(m->b, "<AuditSourceIdentification");
    put_text_attribute(m->b, "AuditSourceID", m->source);
    buf_str(m->b, "><AuditSourceTypeCode csd-code=\"4\"/></AuditSourceIdentification>");
    if (m->event == EVENT_QUERY || m->event == EVENT_ALERT || !*m->r->study)
        put_uri_object(m);
    else
        put_study_object(m);
    buf_str(m->b, "</AuditMessage>");
}

int audit_message_put(struct buf *out, const struct audit_record *r, const char *host,
                      const char *source, struct err *e)
{
    struct buf b;
    const struct message m = {&b, r, host, source, event_of(r), outcome_of(r)};
    int rc = -1;

    buf_init(&b, AUDIT_MESSAGE_MAX);
    buf_printf(&b, "<%d>1 %s %.*s wadozip %ld DICOM+RFC3881 - " BOM,
               m.outcome == OUTCOME_SUCCESS ? PRI_NOTICE : PRI_WARNING,
               m.event == EVENT_BEGIN ? r->at : r->last, AUDIT_MESSAGE_HOST_MAX, host,
               (long)getpid());
    put_audit_message(&m);
    if (b.failed) {
        err_set(e, ERR_MEMORY, "audit record %llu: its message is longer than %zu bytes",
                (unsigned long long)r->id, AUDIT_MESSAGE_MAX);
    } else {
        buf_printf(out, "%zu ", b.len);
        buf_add(out, b.data, b.len);
        rc = buf_check(out, "audit messages", e);
    }
    buf_release(&b);
    return rc;
}
