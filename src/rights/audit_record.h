/* SPDX-License-Identifier: MIT */
/* A row of the table audit as an event of PS3.15 A.5, for messages of any format. Pure. */
#ifndef WADOZIP_RIGHTS_AUDIT_RECORD_H
#define WADOZIP_RIGHTS_AUDIT_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define AUDIT_HOST_MAX 255   /* RFC 5424 6.2.4 */
#define AUDIT_DETAIL_MAX 512 /* bytes of a detail, with its NUL */

/* A row. Texts are columns of the table, "" if they are unknown. */
struct audit_record {
    uint64_t id;
    int changes, status;
    const char *at, *last; /* RFC 3339 with microseconds, in UTC */
    const char *who, *client, *act, *resource, *content, *outcome, *study, *profile;
    const char *bytes;                        /* a decimal number */
    const char *patient, *issuer, *accession; /* of the study */
    const char *classes; /* "UID NUMBER,UID NUMBER": SOP Classes and their numbers of instances */
};

/* Who records. */
struct audit_site {
    const char *host;   /* name of the machine */
    const char *source; /* identity of the service */
};

/* A study of an archive of several. Texts are "" if they are unknown. */
struct audit_study {
    const char *uid, *patient, *issuer;
};

/* A part of the studies of an archive: as many as a message names. */
struct audit_part {
    const struct audit_study *studies;
    uint64_t first, count; /* the first one's number in the archive, from 1 */
    uint64_t total;        /* studies of the archive; 0: it has none besides that of the row */
};

enum audit_event {
    AUDIT_BEGIN,
    AUDIT_ACCESSED,
    AUDIT_TRANSFERRED,
    AUDIT_EXPORT,
    AUDIT_QUERY,
    AUDIT_ALERT
};

/* PS3.15 A.5.1 EventOutcomeIndicator. */
enum audit_outcome { AUDIT_SUCCESS = 0, AUDIT_MINOR = 4, AUDIT_SERIOUS = 8 };

/* CID 400, and the action code of PS3.15 A.5.3. */
struct audit_event_code {
    const char *code, *meaning;
    char action;
};
extern const struct audit_event_code audit_event_codes[];

/*
 * Return the event of a row: Security Alert for refusals with 401, 403, 404, 410
 * and 429 and for links that are made or revoked; Query for searches; Begin
 * Transferring for responses that have not ended; Export for links, and for
 * archives of a collection or a search; DICOM Instances Accessed for metadata,
 * tables, frames and rendered images; DICOM Instances Transferred for everything
 * else.
 */
enum audit_event audit_event_of(const struct audit_record *r);

enum audit_outcome audit_outcome_of(const struct audit_record *r);

/* Return whether a link was made or revoked. */
bool audit_concerns_link(const struct audit_record *r);

/* Return whether the event names the studies of a collection one by one. */
bool audit_names_studies(const struct audit_record *r);

/* Write the resource as a URI: a UID as urn:oid, others as paths. */
void audit_uri_of(const struct audit_record *r, char out[AUDIT_DETAIL_MAX]);

/* Write the description of an alert. */
void audit_describe_alert(const struct audit_record *r, char out[AUDIT_DETAIL_MAX]);

/* Write which studies of all a part names: "1-50 of 120". */
void audit_describe_part(const struct audit_part *p, char out[AUDIT_DETAIL_MAX]);

/* A SOP Class and its number of instances, with their lengths. */
struct audit_class {
    const char *uid, *count;
    int uid_len, count_len;
};

/* Take the first one from *classes. Returns false at the end. */
bool audit_next_class(const char **classes, struct audit_class *out);

/* Return whether the text is an IP address. */
bool audit_is_address(const char *name);

#endif
