/* SPDX-License-Identifier: MIT */
#include "rights/audit_record.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

const struct audit_event_code audit_event_codes[] = {
    [AUDIT_BEGIN] = {"110102", "Begin Transferring DICOM Instances", 'E'},
    [AUDIT_ACCESSED] = {"110103", "DICOM Instances Accessed", 'R'},
    [AUDIT_TRANSFERRED] = {"110104", "DICOM Instances Transferred", 'R'},
    [AUDIT_EXPORT] = {"110106", "Export", 'R'},
    [AUDIT_QUERY] = {"110112", "Query", 'E'},
    [AUDIT_ALERT] = {"110113", "Security Alert", 'E'},
};

static bool has_prefix(const char *s, const char *with)
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

bool audit_concerns_link(const struct audit_record *r)
{
    return strcmp(r->act, "link") == 0;
}

enum audit_event audit_event_of(const struct audit_record *r)
{
    static const char *const viewed[] = {"metadata", "table", "frames", "rendered"};

    if (audit_concerns_link(r) || is_denied(r))
        return AUDIT_ALERT;
    if (strcmp(r->act, "search") == 0)
        return AUDIT_QUERY;
    if (strcmp(r->outcome, "begun") == 0)
        return AUDIT_BEGIN;
    if (has_prefix(r->who, "link:") || has_prefix(r->resource, "collection ") ||
        has_prefix(r->resource, "search "))
        return AUDIT_EXPORT;
    for (size_t i = 0; i < sizeof viewed / sizeof *viewed; i++)
        if (strcmp(r->content, viewed[i]) == 0)
            return AUDIT_ACCESSED;
    return AUDIT_TRANSFERRED;
}

enum audit_outcome audit_outcome_of(const struct audit_record *r)
{
    if (strcmp(r->outcome, "refused") == 0)
        return r->status >= 500 ? AUDIT_SERIOUS : AUDIT_MINOR;
    return strcmp(r->outcome, "aborted") == 0 ? AUDIT_MINOR : AUDIT_SUCCESS;
}

bool audit_names_studies(const struct audit_record *r)
{
    return audit_event_of(r) == AUDIT_EXPORT && strcmp(r->outcome, "refused") != 0 &&
           has_prefix(r->resource, "collection ");
}

void audit_uri_of(const struct audit_record *r, char out[AUDIT_DETAIL_MAX])
{
    const char *value = strchr(r->resource, ' '), *prefix = "urn:oid:";

    if (has_prefix(r->resource, "collection "))
        prefix = "/collections/";
    else if (has_prefix(r->resource, "link "))
        prefix = "link:";
    else if (has_prefix(r->resource, "search "))
        prefix = "/";
    snprintf(out, AUDIT_DETAIL_MAX, "%s%s", prefix, value ? value + 1 : "");
}

void audit_describe_alert(const struct audit_record *r, char out[AUDIT_DETAIL_MAX])
{
    if (audit_concerns_link(r))
        snprintf(out, AUDIT_DETAIL_MAX, "%s: %s", r->resource, r->content);
    else
        snprintf(out, AUDIT_DETAIL_MAX, "%s %s: refused, status %d", r->act, r->resource,
                 r->status);
}

void audit_describe_part(const struct audit_part *p, char out[AUDIT_DETAIL_MAX])
{
    snprintf(out, AUDIT_DETAIL_MAX, "%llu-%llu of %llu", (unsigned long long)p->first,
             (unsigned long long)(p->first + p->count - 1), (unsigned long long)p->total);
}

bool audit_next_class(const char **classes, struct audit_class *out)
{
    for (const char *s = *classes; *s;) {
        size_t item = strcspn(s, ","), uid = strcspn(s, " ,");

        *out = (struct audit_class){s, s + uid + 1, (int)uid, (int)(item - uid) - 1};
        s += item + (s[item] == ',');
        *classes = s;
        if (uid < item)
            return true;
    }
    return false;
}

bool audit_is_address(const char *name)
{
    struct in6_addr unused;

    return inet_pton(strchr(name, ':') ? AF_INET6 : AF_INET, name, &unused) == 1;
}
