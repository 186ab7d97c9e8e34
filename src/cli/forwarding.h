/* SPDX-License-Identifier: MIT */
/* `wadozip audit --forward`: the audit as DICOM messages to a syslog receiver. */
#ifndef WADOZIP_CLI_FORWARDING_H
#define WADOZIP_CLI_FORWARDING_H

#include "conf/conf.h"

/*
 * Deliver everything that is due, print the number of records, and delete
 * delivered ones that are older than audit_days. watch: go on until a signal,
 * report errors, and try again after 1 s, then 2 s, up to a minute. Fails as
 * audit_forward_run(), and with ERR_CONFIG without audit_syslog.
 */
int forwarding_run(const struct conf *c, bool watch, struct err *e) MUST_CHECK;

/* Connect to the receiver of the settings without a message. Fails as syslog_tls_deliver(). */
int forwarding_try(const struct conf *c, struct err *e) MUST_CHECK;

#endif
