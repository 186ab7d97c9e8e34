/* SPDX-License-Identifier: MIT */
/*
 * Header blocks of CGI responses (RFC 3875 6: "Status: 200 OK"), and error
 * responses. Pure. One table maps error kinds to statuses.
 */
#ifndef WADOZIP_HTTP_RESPONSE_HEADER_H
#define WADOZIP_HTTP_RESPONSE_HEADER_H

#include "base/buf.h"
#include "base/err.h"
#include "http/range.h"
#include "http/request.h"

#define RESPONSE_HEADER_BOUNDARY_MAX 70 /* RFC 2046 5.1.1 */

struct response_header {
    /* 200, 201, 206, 304 (RFC 9110 15.4.5: without type, length and range) */
    int status;
    const char *type;            /* Content-Type; null for none */
    bool length_known;
    uint64_t length;             /* bytes of this response's body */
    uint64_t size;               /* bytes of the whole representation, for Content-Range */
    const struct range *range;   /* the only range of the response, or null */
    const char *etag;            /* with quotes, or null */
    /* SHA-256 of the whole representation in base64, for Repr-Digest (RFC
     * 9530); or null */
    const char *digest;
    int64_t modified;            /* Unix seconds; 0 for none */
    const char *location;        /* Content-Location, or null */
    const char *created;         /* Location, or null */
    const char *filename;        /* file name of the attachment, safe ASCII, or null */
    const char *warning;         /* Warning, or null */
    const char *viewer;          /* template of Link-Template (RFC 9652), or null */
    const char *coding;          /* Content-Encoding, or null */
    bool coding_varies;          /* the response depends on Accept-Encoding, even if it is absent */
    bool ranges_offered;         /* Accept-Ranges: bytes or none */
    const char *cache;           /* Cache-Control; null: private */
    /* X-Sendfile2 and X-Accel-Redirect, read by the web server; null for none
     */
    const char *sendfile, *accel;
};

/*
 * Append the header block with its empty line, the same for HEAD and GET. Fails
 * with ERR_SYSTEM if a value contains anything but printable ASCII.
 */
int response_header_head(const struct response_header *r, struct buf *out,
                         struct err *e) MUST_CHECK;

#define RESPONSE_HEADER_FILENAME_MAX 128

/*
 * Build the file name of the attachment: `wished` (request.filename) or, if
 * null, `stem` (a UID), with the extension of the media type unless it has it.
 * Safe ASCII; truncated if too long.
 */
void response_header_filename(const char *wished, const char *stem, enum accept_media media,
                              char out[RESPONSE_HEADER_FILENAME_MAX]);

/* Return the status of an error kind: 400, 404 ... 500. */
int response_header_status(enum err_kind kind);

/*
 * Append a complete error response: status, header fields (Allow, Retry-After,
 * WWW-Authenticate if applicable), and unless `head` a body of the given media
 * type. The body has a fixed phrase for the status; the reason if it is about
 * the request itself (never paths, SQL or names: those are only logged); what
 * would work (406: media types and transfer syntaxes); and the request's id,
 * unless null.
 */
int response_header_error(const struct err *why, enum accept_text text, bool head,
                          const char *request_id, struct buf *out, struct err *e) MUST_CHECK;

/*
 * Further content of an error response; each may be null or 0. Contains no data
 * from the catalogue.
 */
struct response_header_help {
    const char *reason;    /* instead of the error's own text */
    const char *as_stored; /* address of the same resource as stored */
    const char *allow;     /* Allow of 405, instead of that of resources that are read */
    unsigned retry_after;  /* seconds, instead of the table's value */
    const char *request_id;
};
int response_header_error_help(const struct err *why, const struct response_header_help *help,
                               enum accept_text text, bool head, struct buf *out,
                               struct err *e) MUST_CHECK;

/* The same for RANGE_UNSATISFIABLE: 416 with the length of the representation
 * (RFC 9110 15.5.17). */
int response_header_unsatisfiable(uint64_t size, enum accept_text text, bool head,
                                  const char *request_id, struct buf *out,
                                  struct err *e) MUST_CHECK;

/*
 * Append the response to OPTIONS, header and body: Retrieve Capabilities
 * (PS3.18 8.9) as WADL or JSON, or 304 if If-None-Match names them (8.9.3).
 */
int response_header_capabilities(const struct request *r, struct buf *out,
                                 struct err *e) MUST_CHECK;

/*
 * Append the header of one part of multipart/byteranges, or the closing line
 * (RFC 9110 14.6). `type` is that of the whole representation; the response's
 * own type is "multipart/byteranges; boundary=" and the boundary.
 */
int response_header_part(struct buf *out, const char *boundary, const char *type,
                         const struct range *range, uint64_t size, struct err *e) MUST_CHECK;
int response_header_last_part(struct buf *out, const char *boundary, struct err *e) MUST_CHECK;

#endif
