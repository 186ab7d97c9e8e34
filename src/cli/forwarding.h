/* SPDX-License-Identifier: MIT */
/* `wadozip audit --forward`: the audit to the receiver of the settings. */
#ifndef WADOZIP_CLI_FORWARDING_H
#define WADOZIP_CLI_FORWARDING_H

#include "conf/conf.h"

/*
 * Deliver everything that is due, print the number of records, and delete
 * delivered ones that are older than audit_days. watch: go on until a signal,
 * report errors, and try again after 1 s, then 2 s, up to a minute. Fails as
 * audit_forward_run(), and with ERR_CONFIG without audit_syslog and audit_fhir.
 */
int forwarding_run(const struct conf *c, bool watch, struct err *e) MUST_CHECK;

/*
 * Connect to the receiver of the settings without a message. Writes what the
 * receiver does: "accepts messages over TLS". Fails as syslog_tls_deliver() and
 * fhir_try().
 */
#define FORWARDING_FOUND_MAX 80
int forwarding_try(const struct conf *c, char found[FORWARDING_FOUND_MAX],
                   struct err *e) MUST_CHECK;

#endif
