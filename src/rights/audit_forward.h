/* SPDX-License-Identifier: MIT */
/*
 * Forward the table audit as DICOM audit messages (audit_message.h) over syslog
 * (syslog_tls.h). Each row is delivered at least once: the database notes which
 * rows were delivered only after the receiver has read them.
 */
#ifndef WADOZIP_RIGHTS_AUDIT_FORWARD_H
#define WADOZIP_RIGHTS_AUDIT_FORWARD_H

#include "db/db.h"
#include "rights/syslog_tls.h"

struct audit_forward {
    struct syslog_tls syslog;
    const char *source; /* AuditSourceID; "auto": wadozip@HOST */
};

/*
 * Deliver the rows that are due, in their order, in batches. *count: rows that
 * were delivered, also after a failure. Fails with ERR_BUSY if another process
 * is forwarding, with ERR_CONFIG if the account may not note what was
 * delivered, and as syslog_tls_deliver() and db_query().
 */
int audit_forward_run(struct db *db, const struct audit_forward *f, uint64_t *count,
                      struct err *e) MUST_CHECK;

struct audit_backlog {
    uint64_t rows;
    uint64_t seconds; /* age of the oldest row */
};

/* Count the rows that are due. */
int audit_forward_backlog(struct db *db, struct audit_backlog *out, struct err *e) MUST_CHECK;

#endif
