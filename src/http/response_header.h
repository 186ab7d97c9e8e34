/* SPDX-License-Identifier: MIT */
/*
 * Header blocks as a CGI response has them (RFC 3875 6: "Status: 200 OK"), and error answers. Pure: fills buffers.
 * One table turns kinds of errors into statuses.
 */
#ifndef WADOZIP_HTTP_RESPONSE_HEADER_H
#define WADOZIP_HTTP_RESPONSE_HEADER_H

#include "base/buf.h"
#include "base/err.h"
#include "http/range.h"
#include "http/request.h"

#define RESPONSE_HEADER_BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

struct response_header {
    int status;                  /* 200, 206, 304 (RFC 9110 15.4.5: without type, length and range) */
    const char *type;            /* Content-Type; null for none */
    bool length_known;
    uint64_t length;             /* of the body of this answer */
    uint64_t size;               /* of the whole representation, for Content-Range */
    const struct range *range;   /* a single range that is sent, or null */
    const char *etag;            /* with quotes, or null */
    int64_t modified;            /* Unix seconds; 0 for none */
    const char *location;        /* Content-Location, or null */
    const char *filename;        /* of the attachment, harmless ASCII, or null */
    const char *warning;         /* Warning, or null */
    const char *coding;          /* Content-Encoding, or null */
    bool coding_varies;          /* it depends on Accept-Encoding, also if there is none */
    bool ranges_offered;         /* Accept-Ranges: bytes or none */
    const char *sendfile;        /* X-Sendfile2, for the web server alone; null for none */
};

/*
 * Appends the header block with its empty line: for HEAD the same as for GET. ERR_SYSTEM for a value that holds
 * anything but printable ASCII.
 */
int response_header_head(const struct response_header *r, struct buf *out, struct err *e) MUST_CHECK;

#define RESPONSE_HEADER_FILENAME_MAX 128

/*
 * A name for the attachment: `wished` (request.filename) or, where it is null, `stem` (a UID), with the ending that the
 * media type has unless it is there already. Harmless ASCII; too long ones are cut.
 */
void response_header_filename(const char *wished, const char *stem, enum accept_media media,
                              char out[RESPONSE_HEADER_FILENAME_MAX]);

/* The status that a kind of error has: 400, 404 ... 500. */
int response_header_status(enum err_kind kind);

/*
 * Appends a whole error answer: status, headers (Allow, Retry-After, WWW-Authenticate where they belong), and unless
 * `head` a body in the wanted form: a fixed phrase for the status; what is wrong where that is the requester's own
 * doing (never paths, SQL or names: those are for the log); what would work (406: media types and transfer syntaxes);
 * the request's id, or none where it is null.
 */
int response_header_error(const struct err *why, enum accept_text text, bool head, const char *request_id, struct buf *out,
                struct err *e) MUST_CHECK;

/* What an error answer says besides; each may be null or 0. Nothing of the data. */
struct response_header_help {
    const char *reason;    /* instead of the error's own text */
    const char *as_stored; /* address at which everything can be had as stored */
    unsigned retry_after;  /* seconds, instead of the table's */
    const char *request_id;
};
int response_header_error_help(const struct err *why, const struct response_header_help *help, enum accept_text text, bool head,
                     struct buf *out, struct err *e) MUST_CHECK;

/* The same for RANGE_UNSATISFIABLE: 416 with the length of the whole (RFC 9110 15.5.17). */
int response_header_unsatisfiable(uint64_t size, enum accept_text text, bool head, const char *request_id, struct buf *out,
                        struct err *e) MUST_CHECK;

/*
 * Appends the answer to OPTIONS, headers and body: Retrieve Capabilities (PS3.18 8.9) as WADL or JSON, or 304 where
 * If-None-Match names them (8.9.3).
 */
int response_header_capabilities(const struct request *r, struct buf *out, struct err *e) MUST_CHECK;

/*
 * The header that opens one part of multipart/byteranges, and the closing line (RFC 9110 14.6). `type` is that of the
 * whole representation; the answer's own is "multipart/byteranges; boundary=" and the boundary.
 */
int response_header_part(struct buf *out, const char *boundary, const char *type, const struct range *range, uint64_t size,
               struct err *e) MUST_CHECK;
int response_header_last_part(struct buf *out, const char *boundary, struct err *e) MUST_CHECK;

#endif
