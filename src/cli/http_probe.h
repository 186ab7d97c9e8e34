/* SPDX-License-Identifier: MIT */
/* Requests to an installation, as a client sends them, for `wadozip doctor
 * URL`. */
#ifndef WADOZIP_CLI_HTTP_PROBE_H
#define WADOZIP_CLI_HTTP_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

#define HTTP_PROBE_FIELD_MAX 256
#define HTTP_PROBE_BODY_MAX ((size_t)64 << 10)

struct http_probe {
    const char *user;   /* NAME:PASSWORD, or null */
    const char *cacert; /* PEM file, or null: the system's */
    bool insecure;      /* certificates are not checked */
    void *easy;         /* private */
};

struct http_answer {
    int status;
    /* header fields of the last response, as lines; cut off if longer */
    char head[16 << 10];
    char body[HTTP_PROBE_BODY_MAX + 1]; /* the first bytes; the transfer ends after them */
    size_t head_len, body_len;
    bool cut; /* the body went on */
    double first_byte; /* seconds until the first byte of the response */
};

/* A request. Null fields are not sent. */
struct http_request {
    const char *method, *url, *accept, *range, *if_range, *origin;
    bool anonymous, coded; /* without the user; with Accept-Encoding: gzip */
};

/* Send a request, over HTTP/1.1, and read at most HTTP_PROBE_BODY_MAX bytes.
 * Fails with ERR_AWAY. */
int http_probe_send(struct http_probe *p, const struct http_request *r, struct http_answer *a,
                    struct err *e) MUST_CHECK;

/* Copy the value of a header field, "" if absent. Returns whether it is there.
 */
bool http_answer_field(const struct http_answer *a, const char *name,
                       char out[HTTP_PROBE_FIELD_MAX]);

void http_probe_close(struct http_probe *p);

#endif
