/* SPDX-License-Identifier: MIT */
#include "rights/syslog_tls.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/host_port.h"
#include "base/io.h"

#define WAIT_SECONDS 30 /* for each step: connecting, writing, closing */
#define WHY_MAX 256

struct delivery {
    const struct syslog_tls *setup;
    struct host_port to;
    SSL_CTX *context;
    SSL *ssl;
    int fd;
};

/* Describe the oldest error in OpenSSL's queue, and empty it. */
static const char *openssl_error(char why[WHY_MAX])
{
    unsigned long code = ERR_get_error();
    const char *reason = ERR_reason_error_string(code);

    snprintf(why, WHY_MAX, "%s",
             reason ? reason
             : code ? ERR_lib_error_string(code)
                    : "unknown error");
    ERR_clear_error();
    return why;
}

static int load_files(struct delivery *d, struct err *e)
{
    const struct syslog_tls *s = d->setup;
    bool own = strcmp(s->client, "none") != 0;
    char why[WHY_MAX];

    if (strcmp(s->ca, "system") == 0) {
        if (!SSL_CTX_set_default_verify_paths(d->context))
            return err_set(e, ERR_CONFIG, "the system's trusted certificates cannot be read: %s",
                           openssl_error(why));
    } else if (!SSL_CTX_load_verify_locations(d->context, s->ca, NULL)) {
        return err_set(e, ERR_CONFIG, "audit_syslog_ca: %s cannot be read: %s", s->ca,
                       openssl_error(why));
    }
    if (own && SSL_CTX_use_certificate_chain_file(d->context, s->client) != 1)
        return err_set(e, ERR_CONFIG,
                       "audit_syslog_client: %s has no certificate that can be read: %s", s->client,
                       openssl_error(why));
    if (own && SSL_CTX_use_PrivateKey_file(d->context, s->client, SSL_FILETYPE_PEM) != 1)
        return err_set(e, ERR_CONFIG,
                       "audit_syslog_client: %s has no key that fits its certificate: %s",
                       s->client, openssl_error(why));
    return 0;
}

static int prepare(struct delivery *d, struct err *e)
{
    char why[WHY_MAX];

    d->context = SSL_CTX_new(TLS_client_method());
    if (!d->context || !SSL_CTX_set_min_proto_version(d->context, TLS1_2_VERSION))
        return err_set(e, ERR_MEMORY, "TLS cannot be set up: %s", openssl_error(why));
    SSL_CTX_set_verify(d->context, SSL_VERIFY_PEER, NULL);
    return load_files(d, e);
}

/* Connect to one address. Returns 0, or -1 with errno. */
static int try_address(struct delivery *d, const struct addrinfo *a)
{
    const struct timeval limit = {.tv_sec = WAIT_SECONDS};

    d->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
    if (d->fd < 0)
        return -1;
    if (setsockopt(d->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        setsockopt(d->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        connect(d->fd, a->ai_addr, a->ai_addrlen) == 0)
        return 0;
    if (errno == EINPROGRESS)
        errno = ETIMEDOUT;
    io_close(&d->fd);
    return -1;
}

static int open_socket(struct delivery *d, struct err *e)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *all = NULL;
    int found = getaddrinfo(d->to.host, d->to.port, &hints, &all);

    if (found)
        return err_set(e, ERR_AWAY, "audit_syslog: %s: %s", d->to.host, gai_strerror(found));
    for (const struct addrinfo *a = all; a && d->fd < 0; a = a->ai_next)
        (void)!try_address(d, a);
    freeaddrinfo(all);
    return d->fd < 0 ? err_sys(e, ERR_AWAY, "audit_syslog: cannot connect to %s port %s",
                               d->to.host, d->to.port)
                     : 0;
}

/* Fill *e after a step of TLS that has failed. */
static int report_failure(const struct delivery *d, int result, const char *step, struct err *e)
{
    int error = SSL_get_error(d->ssl, result), sys = errno;
    long verified = SSL_get_verify_result(d->ssl);
    char why[WHY_MAX];

    if (d->setup->stop && *d->setup->stop)
        return err_set(e, ERR_AWAY, "audit_syslog: stopped");
    if (verified != X509_V_OK)
        return err_set(e, ERR_CONFIG,
                       "audit_syslog: the certificate of %s is rejected: %s; see audit_syslog_ca",
                       d->to.host, X509_verify_cert_error_string(verified));
    if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
        return err_set(e, ERR_AWAY, "audit_syslog: %s port %s did not answer for %d s while %s",
                       d->to.host, d->to.port, WAIT_SECONDS, step);
    if (error == SSL_ERROR_SSL)
        return err_set(e, ERR_AWAY, "audit_syslog: %s port %s: %s while %s", d->to.host, d->to.port,
                       openssl_error(why), step);
    if (error == SSL_ERROR_SYSCALL && sys)
        return err_set(e, ERR_AWAY, "audit_syslog: %s port %s: %s while %s", d->to.host, d->to.port,
                       strerror(sys), step);
    return err_set(e, ERR_AWAY, "audit_syslog: %s port %s closed the connection while %s",
                   d->to.host, d->to.port, step);
}

/* The certificate must be for the host's name, or its address. */
static int expect_name(struct delivery *d)
{
    unsigned char unused[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, d->to.host, unused) == 1 || inet_pton(AF_INET6, d->to.host, unused) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(d->ssl), d->to.host);
    return SSL_set1_host(d->ssl, d->to.host) && SSL_set_tlsext_host_name(d->ssl, d->to.host);
}

static int shake_hands(struct delivery *d, struct err *e)
{
    char why[WHY_MAX];
    int result;

    d->ssl = SSL_new(d->context);
    if (!d->ssl || !SSL_set_fd(d->ssl, d->fd) || !expect_name(d))
        return err_set(e, ERR_MEMORY, "TLS cannot be set up: %s", openssl_error(why));
    result = SSL_connect(d->ssl);
    return result == 1 ? 0 : report_failure(d, result, "TLS was set up", e);
}

static int send_all(struct delivery *d, const char *data, size_t len, struct err *e)
{
    while (len > 0) {
        size_t n = 0;
        int result = SSL_write_ex(d->ssl, data, len, &n);

        if (result != 1)
            return report_failure(d, result, "messages were sent", e);
        data += n;
        len -= n;
    }
    return 0;
}

/* Send close_notify, and wait for that of the receiver. It may send other records before. */
static int exchange_close_notify(struct delivery *d, struct err *e)
{
    char unused[256];
    int result = SSL_shutdown(d->ssl);

    if (result < 0)
        return report_failure(d, result, "the connection was closed", e);
    while (!(SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN)) {
        size_t n;

        result = SSL_read_ex(d->ssl, unused, sizeof unused, &n);
        if (result != 1 && !(SSL_get_shutdown(d->ssl) & SSL_RECEIVED_SHUTDOWN))
            return report_failure(
                d, result, "its close_notify was awaited (RFC 5425 4.4), so messages may be lost",
                e);
    }
    return 0;
}

/*
 * A receiver that rejects us may send close_notify and close without reading.
 * The answer to our close_notify acknowledges all of our bytes, and a socket that
 * is closed with bytes that were not read is reset (RFC 9293 3.6).
 */
static int expect_all_read(struct delivery *d, struct err *e)
{
    char unused[256];
    int unsent = 0;
    ssize_t n;

    if (ioctl(d->fd, SIOCOUTQ, &unsent) == 0 && unsent == 0 && shutdown(d->fd, SHUT_WR) == 0) {
        do
            n = recv(d->fd, unused, sizeof unused, 0);
        while (n > 0);
        if (n == 0)
            return 0;
    }
    return err_set(e, ERR_AWAY,
                   "audit_syslog: %s port %s closed the connection without reading the messages:"
                   " see its log; does it ask for another certificate (audit_syslog_client)?",
                   d->to.host, d->to.port);
}

static int deliver(struct delivery *d, const void *data, size_t len, struct err *e)
{
    if (prepare(d, e) || open_socket(d, e))
        return -1;
    if (shake_hands(d, e) || send_all(d, data, len, e))
        return -1;
    return exchange_close_notify(d, e) || expect_all_read(d, e) ? -1 : 0;
}

int syslog_tls_deliver(const struct syslog_tls *s, const void *data, size_t len, struct err *e)
{
    struct delivery d = {.setup = s, .fd = -1};
    int rc;

    if (!host_port_split(s->receiver, SYSLOG_TLS_PORT, &d.to))
        return err_set(e, ERR_CONFIG, "audit_syslog must be HOST or HOST:PORT, not \"%s\"",
                       s->receiver);
    ERR_clear_error();
    rc = deliver(&d, data, len, e);
    SSL_free(d.ssl);
    SSL_CTX_free(d.context);
    io_close(&d.fd);
    return rc;
}
