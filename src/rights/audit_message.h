/* SPDX-License-Identifier: MIT */
/*
 * DICOM audit messages (PS3.15 A.5) of rows of the table audit, each in a frame
 * of syslog over TLS (PS3.15 A.6, RFC 5424, RFC 5425). Pure.
 */
#ifndef WADOZIP_RIGHTS_AUDIT_MESSAGE_H
#define WADOZIP_RIGHTS_AUDIT_MESSAGE_H

#include <stdint.h>

#include "base/buf.h"

#define AUDIT_MESSAGE_MAX ((size_t)32768) /* octets that every receiver accepts (PS3.15 A.6) */
#define AUDIT_MESSAGE_HOST_MAX 255        /* RFC 5424 6.2.4 */

/* A row. Texts are columns of the table, "" if they are unknown. */
struct audit_record {
    uint64_t id;
    int changes, status;
    const char *at, *last; /* RFC 3339 with microseconds, in UTC */
    const char *who, *client, *act, *resource, *content, *outcome, *study, *profile;
    const char *bytes;               /* a decimal number */
    const char *patient, *accession; /* of the study */
    const char *classes; /* "UID NUMBER,UID NUMBER": SOP Classes and their numbers of instances */
};

/*
 * Append the message of a row with its frame. `host` is the machine's name, and
 * `source` identifies the service (AuditSourceID).
 *
 * An event is Security Alert for refusals with 401, 403, 404, 410 and 429 and for
 * links that are made or revoked; Query for searches; Begin Transferring for
 * responses that have not ended; Export for links, and for archives of a
 * collection or a search; DICOM Instances Accessed for metadata, tables, frames
 * and rendered images; DICOM Instances Transferred for everything else.
 *
 * Fails with ERR_MEMORY, naming the row, if the message is longer than
 * AUDIT_MESSAGE_MAX.
 */
int audit_message_put(struct buf *out, const struct audit_record *r, const char *host,
                      const char *source, struct err *e) MUST_CHECK;

#endif
