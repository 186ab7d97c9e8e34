/* SPDX-License-Identifier: MIT */
/*
 * DICOM audit messages (PS3.15 A.5) of rows of the table audit, each in a frame
 * of syslog over TLS (PS3.15 A.6, RFC 5424, RFC 5425). Pure.
 */
#ifndef WADOZIP_RIGHTS_AUDIT_MESSAGE_H
#define WADOZIP_RIGHTS_AUDIT_MESSAGE_H

#include "base/buf.h"
#include "rights/audit_record.h"

#define AUDIT_MESSAGE_MAX ((size_t)32768) /* octets that every receiver accepts (PS3.15 A.6) */

/*
 * Append the message of a row with its frame. It names the studies of the part
 * and their patients. Fails with ERR_TOO_LARGE if it is longer than
 * AUDIT_MESSAGE_MAX.
 */
int audit_message_put(struct buf *out, const struct audit_record *r, const struct audit_part *part,
                      const struct audit_site *site, struct err *e) MUST_CHECK;

#endif
