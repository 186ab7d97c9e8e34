/* SPDX-License-Identifier: MIT */
/* Entries of the audit (rights/audit.h) for requests, if the setting audit is
 * 1. */
#ifndef WADOZIP_RESPOND_AUDIT_TRAIL_H
#define WADOZIP_RESPOND_AUDIT_TRAIL_H

#include "respond/response.h"

/* Announce a response that takes a while, after its header was sent, so that it
 * is in the audit even if this process is killed. Small responses have one
 * entry, at their end. */
void audit_trail_begin(struct response *a);

/* Record a request that has ended: GET for resources, with its outcome. HEAD,
 * 304, capabilities and pages are not recorded. `why` is empty if it succeeded.
 */
void audit_trail_end(struct response *a, const struct err *why);

#endif
