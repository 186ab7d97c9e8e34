/* SPDX-License-Identifier: MIT */
#include "rights/audit_fhir.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/json_text.h"

#define BALP "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
#define DCM "http://dicom.nema.org/resources/ontology/DCM"
#define TERMINOLOGY "http://terminology.hl7.org/CodeSystem/"
#define EVENT_TYPE TERMINOLOGY "audit-event-type"
#define INTERACTION "http://hl7.org/fhir/restful-interaction"

struct resource {
    struct buf *b;
    const struct audit_record *r;
    const struct audit_part *part;
    const struct audit_site *site;
    enum audit_event event;
    enum audit_outcome outcome;
    const char *patient, *issuer;
};

/* Append `,"key":` and a coding with its code system, code and display. */
static void put_coding(struct buf *b, const char *key, const char *scheme, const char *code,
                       const char *display)
{
    if (*key)
        buf_printf(b, ",\"%s\":", key);
    buf_printf(b, "{\"system\":\"%s\",\"code\":\"%s\",\"display\":\"%s\"}", scheme, code, display);
}

/* The same as the only coding of a concept. */
static void put_concept(struct buf *b, const char *key, const char *scheme, const char *code,
                        const char *display)
{
    buf_printf(b, ",\"%s\":{\"coding\":[", key);
    put_coding(b, "", scheme, code, display);
    buf_str(b, "]}");
}

static bool is_known(const char *text)
{
    return *text && strcmp(text, "-") != 0;
}

/* Return the name of the pattern that the resource follows; null: none. */
static const char *pattern_of(const struct resource *f)
{
    if (!is_known(f->r->client))
        return NULL;
    if (f->event == AUDIT_EXPORT)
        return *f->patient ? "PrivacyDisclosure.Source" : NULL;
    if (f->outcome != AUDIT_SUCCESS)
        return NULL;
    if (f->event == AUDIT_QUERY)
        return "Query";
    if (f->event != AUDIT_ACCESSED && f->event != AUDIT_TRANSFERRED)
        return NULL;
    return *f->patient ? "PatientRead" : "Read";
}

static void put_event_code(struct buf *b, const char *key, enum audit_event event)
{
    put_coding(b, key, DCM, audit_event_codes[event].code, audit_event_codes[event].meaning);
}

/* RESTful interactions have their own type; the event of DICOM is then a subtype. */
static void put_types(const struct resource *f)
{
    bool restful = f->event == AUDIT_QUERY || f->event == AUDIT_ACCESSED ||
                   f->event == AUDIT_TRANSFERRED;
    bool query = f->event == AUDIT_QUERY;

    if (restful)
        put_coding(f->b, "type", EVENT_TYPE, "rest", "Restful Operation");
    else
        put_event_code(f->b, "type", f->event);
    buf_str(f->b, ",\"subtype\":[");
    if (f->event == AUDIT_ALERT) {
        bool link = audit_concerns_link(f->r);

        put_coding(f->b, "", DCM, link ? "110135" : "110132",
                   link ? "Object Security Attributes Changed" : "Use of Restricted Function");
    } else {
        if (f->event == AUDIT_EXPORT)
            put_coding(f->b, "", TERMINOLOGY "iso-21089-lifecycle", "disclose",
                       "Disclose Record Lifecycle Event");
        if (f->event == AUDIT_EXPORT)
            buf_str(f->b, ",");
        put_coding(f->b, "", INTERACTION, query ? "search" : "read", query ? "search" : "read");
    }
    if (restful) {
        buf_str(f->b, ",");
        put_event_code(f->b, "", f->event);
    }
    buf_str(f->b, "]");
}

static void put_times(const struct resource *f)
{
    const struct audit_record *r = f->r;
    bool begins = f->event == AUDIT_BEGIN;

    buf_printf(f->b, ",\"action\":\"%c\"", audit_event_codes[f->event].action);
    if (begins)
        buf_printf(f->b, ",\"period\":{\"start\":\"%s\"}", r->at);
    else
        buf_printf(f->b, ",\"period\":{\"start\":\"%s\",\"end\":\"%s\"}", r->at, r->last);
    buf_printf(f->b, ",\"recorded\":\"%s\",\"outcome\":\"%d\"", begins ? r->at : r->last,
               (int)f->outcome);
    if (f->outcome != AUDIT_SUCCESS)
        buf_printf(f->b, ",\"outcomeDesc\":\"%s, status %d\"", r->outcome, r->status);
}

static void put_identifier(struct buf *b, const char *key, const char *value)
{
    buf_printf(b, ",\"%s\":{\"identifier\":{\"value\":", key);
    json_text(b, value);
    buf_str(b, "}}");
}

/* Close an agent with its address (network-type 1: name, 2: IP address). */
static void end_agent(const struct resource *f, const char *address)
{
    if (is_known(address)) {
        buf_str(f->b, ",\"network\":{\"address\":");
        json_text(f->b, address);
        buf_printf(f->b, ",\"type\":\"%c\"}", audit_is_address(address) ? '2' : '1');
    }
    buf_str(f->b, "}");
}

/*
 * The role of the service, and of the client: bytes flow from the source to the
 * destination, in a query those of the question.
 */
static void put_role(const struct resource *f, bool source)
{
    if (f->event == AUDIT_ALERT)
        return;
    if (source)
        put_concept(f->b, "type", DCM, "110153", "Source Role ID");
    else
        put_concept(f->b, "type", DCM, "110152", "Destination Role ID");
}

static void put_service_agent(const struct resource *f)
{
    buf_str(f->b, "{\"requestor\":false");
    if (f->event == AUDIT_ALERT)
        put_concept(f->b, "type", DCM, "110150", "Application");
    put_role(f, f->event != AUDIT_QUERY);
    put_identifier(f->b, "who", f->site->source);
    end_agent(f, f->site->host);
}

static void put_client_agent(const struct resource *f)
{
    if (!is_known(f->r->client))
        return;
    buf_printf(f->b, ",{\"requestor\":%s", is_known(f->r->who) ? "false" : "true");
    put_role(f, f->event == AUDIT_QUERY);
    buf_str(f->b, ",\"who\":{\"display\":");
    json_text(f->b, f->r->client);
    buf_str(f->b, "}");
    end_agent(f, f->r->client);
}

static void put_user_agent(const struct resource *f)
{
    if (!is_known(f->r->who))
        return;
    buf_str(f->b, ",{\"requestor\":true");
    if (f->event != AUDIT_ALERT)
        put_concept(f->b, "type", TERMINOLOGY "v3-ParticipationType", "IRCP",
                    "information recipient");
    put_identifier(f->b, "who", f->r->who);
    json_text_member(f->b, "name", f->r->who);
    buf_str(f->b, "}");
}

static void put_source(const struct resource *f)
{
    buf_str(f->b, "],\"source\":{\"site\":");
    json_text(f->b, f->site->host);
    put_identifier(f->b, "observer", f->site->source);
    buf_str(f->b, ",\"type\":[");
    put_coding(f->b, "", TERMINOLOGY "security-source-type", "4", "Application Server");
    buf_str(f->b, "]}");
}

static void put_entity_type(const struct resource *f, const char *code, const char *display)
{
    put_coding(f->b, "type", TERMINOLOGY "audit-entity-type", code, display);
}

static void put_entity_role(const struct resource *f, const char *code, const char *display)
{
    put_coding(f->b, "role", TERMINOLOGY "object-role", code, display);
}

/* *more: this is not the first one of the entity. */
static void put_entity_detail(const struct resource *f, const char *type, const char *value,
                              bool *more)
{
    if (!*value)
        return;
    buf_printf(f->b, "%s{\"type\":\"%s\",\"valueString\":", *more ? "," : "", type);
    json_text(f->b, value);
    buf_str(f->b, "}");
    *more = true;
}

/* A search has no other parameters in the table than its resource. */
static void put_query_entity(const struct resource *f)
{
    unsigned char text[4 * ((AUDIT_DETAIL_MAX + 2) / 3) + 1];
    char uri[AUDIT_DETAIL_MAX];

    audit_uri_of(f->r, uri);
    EVP_EncodeBlock(text, (const unsigned char *)uri, (int)strlen(uri));
    buf_printf(f->b, "{\"query\":\"%s\"", (const char *)text);
    put_entity_type(f, "2", "System Object");
    put_entity_role(f, "24", "Query");
    buf_str(f->b, "}");
}

static void put_uri_entity(const struct resource *f)
{
    char text[AUDIT_DETAIL_MAX];
    bool more = false;

    audit_uri_of(f->r, text);
    buf_str(f->b, "{\"what\":{\"identifier\":{\"value\":");
    json_text(f->b, text);
    buf_str(f->b, "}}");
    put_entity_type(f, "2", "System Object");
    if (f->event == AUDIT_ALERT)
        put_entity_role(f, "13", "Security Resource");
    else
        put_entity_role(f, "4", "Domain Resource");
    json_text_member(f->b, "name", f->r->resource);
    if (f->event == AUDIT_ALERT) {
        audit_describe_alert(f->r, text);
        buf_str(f->b, ",\"detail\":[");
        put_entity_detail(f, "Alert Description", text, &more);
        buf_str(f->b, "]");
    }
    buf_str(f->b, "}");
}

/* A study as ImagingStudy identifies it (FHIR R4, ImagingStudy.identifier). */
static void begin_study_entity(const struct resource *f, const char *uid)
{
    buf_printf(f->b,
               "{\"what\":{\"type\":\"ImagingStudy\",\"identifier\":{\"system\":\"urn:dicom:uid\","
               "\"value\":\"urn:oid:%s\"}}",
               uid);
    put_entity_type(f, "2", "System Object");
    put_entity_role(f, "4", "Domain Resource");
}

static void put_study_entity(const struct resource *f)
{
    const char *classes = f->r->classes;
    struct audit_class c;
    char text[AUDIT_DETAIL_MAX];
    bool more = false;

    begin_study_entity(f, f->r->study);
    json_text_member(f->b, "name", f->r->resource);
    if (*f->r->accession || *classes) {
        buf_str(f->b, ",\"detail\":[");
        put_entity_detail(f, "AccessionNumber", f->r->accession, &more);
        while (audit_next_class(&classes, &c)) {
            snprintf(text, sizeof text, "%.*s: %.*s", c.uid_len, c.uid, c.count_len, c.count);
            put_entity_detail(f, "SOPClass", text, &more);
        }
        buf_str(f->b, "]");
    }
    buf_str(f->b, "}");
}

static void put_patient_entity(const struct resource *f)
{
    buf_str(f->b, ",{\"what\":{\"type\":\"Patient\",\"identifier\":{\"value\":");
    json_text(f->b, f->patient);
    if (*f->issuer) {
        buf_str(f->b, ",\"assigner\":{\"display\":");
        json_text(f->b, f->issuer);
        buf_str(f->b, "}");
    }
    buf_str(f->b, "}}");
    put_entity_type(f, "1", "Person");
    put_entity_role(f, "1", "Patient");
    buf_str(f->b, "}");
}

/* Of the row. The patterns allow one entity of type 2, and no detail of a query. */
static void put_record_entity(const struct resource *f)
{
    const struct audit_record *r = f->r;
    char text[AUDIT_DETAIL_MAX];
    bool more = false;

    snprintf(text, sizeof text, "%llu.%d", (unsigned long long)r->id, r->changes);
    buf_printf(f->b, ",{\"what\":{\"identifier\":{\"value\":\"%s\"}}", text);
    put_entity_type(f, "4", "Other");
    buf_str(f->b, ",\"name\":\"audit record\",\"detail\":[");
    put_entity_detail(f, "AuditRecord", text, &more);
    if (f->part->total) {
        audit_describe_part(f->part, text);
        put_entity_detail(f, "Studies", text, &more);
    }
    put_entity_detail(f, "Representation", r->content, &more);
    if (f->event != AUDIT_ALERT && f->event != AUDIT_BEGIN)
        put_entity_detail(f, "Bytes", r->bytes, &more);
    put_entity_detail(f, "DeidentificationProfile", r->profile, &more);
    buf_str(f->b, "]}");
}

static void put_entities(const struct resource *f)
{
    buf_str(f->b, ",\"entity\":[");
    if (f->event == AUDIT_QUERY)
        put_query_entity(f);
    else if (f->event == AUDIT_ALERT || !*f->r->study)
        put_uri_entity(f);
    else
        put_study_entity(f);
    for (uint64_t i = 0; i < f->part->count; i++) {
        buf_str(f->b, ",");
        begin_study_entity(f, f->part->studies[i].uid);
        buf_str(f->b, "}");
    }
    if (*f->patient)
        put_patient_entity(f);
    put_record_entity(f);
    buf_str(f->b, "]}");
}

static void put_resource(const struct resource *f)
{
    const char *pattern = pattern_of(f);

    buf_str(f->b, "{\"resourceType\":\"AuditEvent\"");
    if (pattern)
        buf_printf(f->b, ",\"meta\":{\"profile\":[\"" BALP "%s\"]}", pattern);
    put_types(f);
    put_times(f);
    buf_str(f->b, ",\"agent\":[");
    put_service_agent(f);
    put_client_agent(f);
    put_user_agent(f);
    put_source(f);
    put_entities(f);
}

int audit_fhir_put(struct buf *out, const struct audit_record *r, const struct audit_part *part,
                   const struct audit_site *site, struct err *e)
{
    struct resource f = {out, r, part, site, audit_event_of(r), audit_outcome_of(r), "", ""};

    if (part->count)
        f.patient = part->studies[0].patient, f.issuer = part->studies[0].issuer;
    else if (*r->study && f.event != AUDIT_QUERY && f.event != AUDIT_ALERT)
        f.patient = r->patient, f.issuer = r->issuer;
    put_resource(&f);
    return buf_check(out, "audit events", e);
}
