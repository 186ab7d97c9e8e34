/* SPDX-License-Identifier: MIT */
/*
 * Read one FastCGI request from a connection: BEGIN_REQUEST, PARAMS and STDIN
 * (FastCGI 1.0, 3 to 6). Every length is checked before it is used, and bytes
 * and time are limited, because libfcgi's streams allocate the lengths that a
 * peer announces. The content of STDIN, the request's body, is kept only for
 * records_input(); it is discarded from records_drain() on.
 */
#ifndef WADOZIP_FASTCGI_RECORDS_H
#define WADOZIP_FASTCGI_RECORDS_H

#include <fastcgi.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/* bytes of all variables: Apache's limits allow 0.8 MB */
#define RECORDS_PARAMS_MAX ((size_t)1 << 20)
#define RECORDS_PAIRS_MAX 4096               /* variables */
#define RECORDS_BYTES_MAX ((size_t)2 << 20)  /* bytes until the variables are complete, including
                                              * records of other requests */
#define RECORDS_INPUT_MAX ((size_t)64 << 10) /* bytes of a body that may come with the variables */
#define RECORDS_SECONDS 5.0 /* limit until then: web servers send them in one piece */

enum records_stage { RECORDS_BEGIN, RECORDS_PARAMS, RECORDS_INPUT, RECORDS_END };

struct records {
    enum records_stage stage; /* the expected record; RECORDS_INPUT: the variables are complete;
                               * RECORDS_END: STDIN is, too */
    uint16_t id;              /* request id, from BEGIN_REQUEST on */
    char **envp;              /* "NAME=value" strings and a null, from RECORDS_INPUT on */
    /* private */
    size_t total;
    FCGI_Header header;
    size_t header_len, content, padding; /* of the current record: bytes of its header; remaining
                                          * bytes of content and padding */
    FCGI_BeginRequestBody begin;
    size_t begin_len;
    struct buf params;
    struct buf input;
    bool discard;
};

/* Prepare for one request. Always call records_release(). */
void records_init(struct records *r);
void records_release(struct records *r);

/*
 * Take the next bytes of a connection, all of them. Fails with ERR_PEER if the
 * peer aborts the request, with ERR_REQUEST if records are malformed, out of
 * order, beyond the limits above, or of a role other than responder.
 */
int records_take(struct records *r, const uint8_t *data, size_t len, struct err *e) MUST_CHECK;

/*
 * Read from a connection until the variables are complete. Also fails with
 * ERR_PEER if the peer closes it or does not send them within `seconds`.
 */
int records_read(struct records *r, int fd, double seconds, struct err *e) MUST_CHECK;

/* Read the whole body of a request after records_read(). It is r->input until
 * records_release(). Fails with ERR_TOO_LARGE above `most` bytes, which it does
 * not wait for, and as records_read(). */
int records_input(struct records *r, int fd, size_t most, double seconds, struct err *e) MUST_CHECK;

/*
 * Read input that has arrived, without waiting. Returns whether it is complete,
 * so the connection can be closed.
 */
bool records_drain(struct records *r, int fd);

#endif
