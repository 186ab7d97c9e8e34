/* SPDX-License-Identifier: MIT */
/*
 * Deliver messages to a syslog receiver over TLS 1.2 or newer (RFC 5425). Syslog
 * has no acknowledgement, so each delivery ends with an exchange of close_notify:
 * a receiver that answers it has read everything before (RFC 5425 4.4).
 */
#ifndef WADOZIP_RIGHTS_SYSLOG_TLS_H
#define WADOZIP_RIGHTS_SYSLOG_TLS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define SYSLOG_TLS_PORT "6514" /* RFC 5425 4.1 */

struct syslog_tls {
    const char *receiver; /* as of host_port.h; the certificate must name HOST */
    const char *ca;       /* PEM file of trusted certificates, or "system" */
    const char *client;   /* PEM file with the own certificate and its key, or "none" */
    const volatile sig_atomic_t *stop; /* delivery fails if this becomes nonzero; may be null */
};

/*
 * Connect, check the receiver's certificate, send len bytes (0: none), and close
 * in order. Returns 0 if the receiver has read all of them. Fails with
 * ERR_CONFIG, naming the file or the receiver, if a file cannot be used or a
 * certificate is rejected, and with ERR_AWAY if the receiver cannot be reached, takes
 * nothing for 30 seconds, or closes without close_notify; part of the bytes may
 * then have arrived.
 */
int syslog_tls_deliver(const struct syslog_tls *s, const void *data, size_t len,
                       struct err *e) MUST_CHECK;

#endif
