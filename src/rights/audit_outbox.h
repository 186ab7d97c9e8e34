/* SPDX-License-Identifier: MIT */
/* Messages about rows of the table audit, on their way to the receiver. */
#ifndef WADOZIP_RIGHTS_AUDIT_OUTBOX_H
#define WADOZIP_RIGHTS_AUDIT_OUTBOX_H

#include "rights/audit_record.h"
#include "rights/fhir_post.h"
#include "rights/syslog_tls.h"

struct audit_receiver {
    bool fhir;                /* which of the two */
    struct syslog_tls syslog; /* DICOM audit messages */
    struct fhir_setup rest;   /* AuditEvent resources */
};

/* How far the messages about a row have come. Zeroed before the first one. */
struct audit_progress {
    unsigned sent, accepted;
    bool rejected;
    char reason[ERR_TEXT_MAX]; /* of the first rejection */
};

struct audit_outbox;

/* The receiver and the site must outlive *out. */
int audit_outbox_open(const struct audit_receiver *r, const struct audit_site *site,
                      struct audit_outbox **out, struct err *e) MUST_CHECK;
void audit_outbox_close(struct audit_outbox *o); /* null is allowed */

/*
 * Add the messages about a row: one that names the studies of the part, or
 * several if they are too many or, as resources, of several patients. Delivers
 * when enough has come together. `progress` must stay valid until
 * audit_outbox_flush(). A row without a message that the receiver could take is
 * rejected. Fails as audit_outbox_flush().
 */
int audit_outbox_put(struct audit_outbox *o, const struct audit_record *r,
                     const struct audit_part *part, struct audit_progress *progress,
                     struct err *e) MUST_CHECK;

/*
 * Deliver everything that is left. Fails as syslog_tls_deliver() or
 * fhir_deliver(); then, too, messages that count as accepted have been stored.
 */
int audit_outbox_flush(struct audit_outbox *o, struct err *e) MUST_CHECK;

#endif
