/* SPDX-License-Identifier: MIT */
/*
 * Forward the table audit to a receiver. Each row is delivered at least once: the
 * database notes which rows were delivered only after the receiver has accepted
 * them.
 */
#ifndef WADOZIP_RIGHTS_AUDIT_FORWARD_H
#define WADOZIP_RIGHTS_AUDIT_FORWARD_H

#include "db/db.h"
#include "rights/audit_outbox.h"

struct audit_forward {
    struct audit_receiver receiver;
    const char *source; /* AuditSourceID; "auto": wadozip@HOST */
    const volatile sig_atomic_t *stop; /* ends it after a batch if nonzero; may be null */
};

/*
 * Deliver the rows that are due, in their order, in batches. *count: rows that
 * were delivered, also after a failure. Rows that the receiver rejects stay due
 * and do not hold the others. Fails with ERR_BUSY if another process is
 * forwarding, with ERR_CONFIG if the account may not note what was delivered, with
 * ERR_DATA, naming the first one, if rows were rejected, and as
 * audit_outbox_flush() and db_query().
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
