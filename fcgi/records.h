/* SPDX-License-Identifier: MIT */
/*
 * One FastCGI request out of a connection's records: BEGIN_REQUEST, PARAMS and STDIN (FastCGI 1.0, 3 to 6). Every length is
 * checked before it is used, and bytes and time are bounded, because libfcgi's own streams allocate whatever a peer says.
 * What STDIN carries is thrown away: no method here has a body.
 */
#ifndef WADOZIP_FCGI_RECORDS_H
#define WADOZIP_FCGI_RECORDS_H

#include <fastcgi.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define RECORDS_PARAMS_MAX ((size_t)1 << 20) /* bytes of all variables: Apache's limits allow 0.8 MB */
#define RECORDS_PAIRS_MAX 4096               /* variables */
#define RECORDS_BYTES_MAX ((size_t)2 << 20)  /* bytes until the variables are complete, records of others included */
#define RECORDS_SECONDS 5.0                  /* until then: web servers send them in one piece */

enum records_stage { RECORDS_BEGIN, RECORDS_PARAMS, RECORDS_INPUT, RECORDS_END };

struct records {
    enum records_stage stage; /* what is awaited; RECORDS_INPUT: the variables are complete; RECORDS_END: STDIN is, too */
    uint16_t id;              /* of the request, from its BEGIN_REQUEST on */
    char **envp;              /* "NAME=value" and a null at the end, from RECORDS_INPUT on */
    /* private */
    size_t total;
    FCGI_Header header;
    size_t header_len, content, padding; /* of the record at hand: bytes of its header, what of the others is missing */
    FCGI_BeginRequestBody begin;
    size_t begin_len;
    struct buf params;
};

/* Prepare for one request. records_release in any case. */
void records_init(struct records *r);
void records_release(struct records *r);

/*
 * Take the next bytes of a connection, all of them. Fails with ERR_PEER if the peer aborts the request, and with ERR_REQUEST
 * for records that are malformed, out of order, larger than the limits above, or of a role other than responder.
 */
int records_take(struct records *r, const uint8_t *data, size_t len, struct err *e) MUST_CHECK;

/*
 * Read from a connection until the variables are complete. Also fails with ERR_PEER if the peer closes it or has not sent
 * them within `seconds`.
 */
int records_read(struct records *r, int fd, double seconds, struct err *e) MUST_CHECK;

/* Read the input that has arrived, without waiting. Whether that is all of it, so that the connection can be closed. */
bool records_drain(struct records *r, int fd);

#endif
