/* SPDX-License-Identifier: MIT */
/* The request being served and what has become of it so far. Filled by serve.c, told by response.c. */
#ifndef WADOZIP_FCGI_RESPONSE_H
#define WADOZIP_FCGI_RESPONSE_H

#include <limits.h>

#include "base/buf.h"
#include "body/assembly.h"
#include "body/content.h"
#include "body/spooled.h"
#include "fcgi/pixels.h"
#include "fcgi/serve_state.h"
#include "format/dicomdir.h"
#include "format/manifest.h"
#include "http/request.h"

#define RESPONSE_WHO_MAX 128
#define RESPONSE_ID_MAX 17 /* 16 hexadecimal digits and NUL */

/* An answer that the web server sends by itself (xsendfile.h). */
struct xsendfile {
    bool wanted;
    struct buf value;    /* of the header field */
    char path[PATH_MAX]; /* of the file with what stands around the members */
    int fd;              /* of it, -1 while there is none */
    bool named;          /* it has its name */
};

struct response {
    struct serve *s;
    struct fcgi_sink *wire;
    char id[RESPONSE_ID_MAX];    /* bears the log lines and the error answer */
    double started;            /* io_now() */
    uint64_t client;           /* client_key_number() */
    char who[RESPONSE_WHO_MAX];  /* the client's address and REMOTE_USER, each "-" if there is none: for the log */
    struct request request;
    const struct accept_item *item; /* the representation that is sent */
    struct plan plan;
    struct manifest manifest;    /* a table, or the manifest of the archive; of no plan when there is none */
    struct dicomdir dicomdir;  /* the archive's first member; of no plan when there is none */
    struct content content;
    bool look_early;           /* files are looked at while rows come */
    bool chunked;              /* sent without a length (setting framing) */
    bool gzip;                 /* the body is compressed (complete_coding) */
    struct spooled body;       /* the whole body, if its length shows only when it is made */
    struct pixels pixels;
    struct assembly assembly;  /* the body of frames; empty: it is another's */
    bool ready;                /* nothing is missing any more before the status line */
    struct xsendfile xsendfile;
    struct buf cors;           /* header fields that every answer has (http/cors.h) */
    struct buf head;           /* header block, error answer or part headers */
    unsigned retry_after;      /* seconds, of ERR_LATER; 0: as usual */
    int status;
};

/* The path of the asked resource's study, series, or instance or bulk data, in the arena; null on failure. */
const char *response_location(struct response *a, enum request_level level, struct err *e) MUST_CHECK;

/* The entity tag that the planned answer has, or null. */
const char *response_etag(const struct response *a);

/* The address of the service, without a slash at its end, in the arena; null on failure. */
const char *response_service(struct response *a, struct err *e) MUST_CHECK;

/* Send a->head, a header block with or without a body, with the fields of every answer after its status line. */
int response_put_head(struct response *a, struct err *e) MUST_CHECK;

/* Headers of the planned answer that are the same for whole and partial content. The strings live in the arena. */
struct response_header;
int response_describe(struct response *a, struct response_header *r, struct err *e) MUST_CHECK;

/* What an error answer says of the way out. The strings live in the arena. */
struct response_header_help;
void response_help(struct response *a, const struct err *why, struct response_header_help *help);

/* The bytes from `first` to `last` of the representation, inclusive. */
int response_send(struct response *a, uint64_t first, uint64_t last, struct err *e) MUST_CHECK;

/* Callbacks of the feed that write down what was learnt about a's members. */
struct content_learn response_learn(struct response *a);

/* Writes down the digests that a manifest needed and that were not known. */
void response_keep_digests(struct response *a);

/* Record who asks; either may be null. Blanks and brackets in a name become '_', so that the line can be taken apart. */
void response_name_client(struct response *a, const char *address, const char *user);

/* The request's line in the log. `why` is empty when it was answered as asked for. */
void response_log(const struct response *a, const struct err *why);

#endif
