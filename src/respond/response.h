/* SPDX-License-Identifier: MIT */
/* A request that is being served, and its response so far. serve.c fills it,
 * response.c describes and logs it. */
#ifndef WADOZIP_RESPOND_RESPONSE_H
#define WADOZIP_RESPOND_RESPONSE_H

#include <limits.h>

#include "base/buf.h"
#include "body/assembly.h"
#include "respond/archive_tee.h"
#include "respond/link_use.h"
#include "respond/metrics.h"
#include "respond/pixel_choice.h"
#include "respond/serve_state.h"
#include "http/request.h"
#include "retrieve/retrieve.h"
#include "rights/access.h"

#define RESPONSE_WHO_MAX 128
#define RESPONSE_ID_MAX 17 /* 16 hexadecimal digits and NUL */

/* A response that the web server sends by itself (xsendfile.h). */
struct xsendfile {
    enum conf_sendfile wanted;
    struct buf value;    /* value of the header field */
    char path[PATH_MAX]; /* path of the file with the bytes around the members */
    int fd;              /* its descriptor, -1 if there is none */
    bool named;          /* it has been linked to its name */
};

struct response {
    struct serve *s;
    struct fcgi_sink *wire;
    /* in the arena: instead of an error's own text in the response; or null */
    const char *reason;
    char id[RESPONSE_ID_MAX];    /* appears in log lines and in the error response */
    double started;            /* io_now() */
    uint64_t client;           /* client_key_number() */
    /* client address and REMOTE_USER for the log, each "-" if absent */
    char who[RESPONSE_WHO_MAX];
    struct link_use link;
    struct request request;
    const struct accept_item *item; /* the representation that is sent */
    struct retrieval retrieval;
    struct deid_profile loaded;
    char bound[CONF_DEID_NAME_MAX + 1]; /* the profile of the collection; "": it has none */
    const struct deid_profile *profile; /* the same if the request names one, else null */
    bool chunked;              /* sent without a length (setting framing) */
    bool gzip;                 /* the body is compressed (complete_coding) */
    struct pixel_choice pixels;
    struct assembly assembly;  /* the body of frames; empty: not used */
    bool ready;                /* everything needed before the status line is done */
    struct xsendfile xsendfile;
    struct archive_tee tee;
    struct buf cors;           /* header fields of every response (http/cors.h) */
    struct buf head;           /* header block, error response or part headers */
    unsigned retry_after;      /* seconds, for ERR_LATER and ERR_TOO_MANY; 0: use the default */
    int status;
    bool unrecorded;           /* the audit gets no entry (request_rate.h) */
    bool announced;            /* the audit has an entry (audit_trail.h) */
};

/* Return the path of the resource's study, series, instance or bulk data, in
 * the arena; null on failure. */
const char *response_location(struct response *a, enum request_level level,
                              struct err *e) MUST_CHECK;

const char *response_etag(const struct response *a); /* of the planned response, or null */

/* Return the address of the service without a trailing slash, in the arena;
 * null on failure. */
const char *response_service(struct response *a, struct err *e) MUST_CHECK;

/* Return who asks, as the web server says. The strings are those of envp. */
struct access_principal response_principal(const struct response *a, char *const *envp);

/* Send a->head, a header block with or without a body, with the fields of every
 * answer after its status line. */
int response_put_head(struct response *a, struct err *e) MUST_CHECK;

/* Fill the header fields that whole and partial responses share. The strings
 * are in the arena. */
struct response_header;
int response_describe(struct response *a, struct response_header *r, struct err *e) MUST_CHECK;

/* Fill the advice of an error response. The strings are in the arena. */
struct response_header_help;
void response_help(struct response *a, const struct err *why, struct response_header_help *help);

/* Send the bytes [first, end) of the representation. */
int response_send(struct response *a, uint64_t first, uint64_t end, struct err *e) MUST_CHECK;

/* Return callbacks that log facts that were not recorded, and count
 * conversions. */
struct retrieve_report response_report(void);

/* Store the client for the log; both may be null. Blanks and brackets in a name
 * become '_'. */
void response_name_client(struct response *a, const char *address, const char *user);

/* Return METRICS_OTHER if no representation was chosen. */
enum metrics_form response_form(const struct response *a);

/* Count the request in the metrics, and log it. `why` is empty if it succeeded.
 */
void response_count(const struct response *a, const struct err *why);
void response_log(const struct response *a, const struct err *why);

#endif
