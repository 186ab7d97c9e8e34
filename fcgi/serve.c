/* SPDX-License-Identifier: MIT */
#include "fcgi/serve.h"

#include <sys/random.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "rights/access.h"
#include "catalog/catalog.h"
#include "respond/audit_trail.h"
#include "respond/byteranges.h"
#include "fastcgi/cgi_params.h"
#include "respond/collection_list_response.h"
#include "respond/collection_response.h"
#include "respond/complete.h"
#include "fcgi/deid_profile.h"
#include "respond/link_response.h"
#include "respond/metrics.h"
#include "respond/negotiate.h"
#include "respond/pixel_response.h"
#include "respond/request_rate.h"
#include "respond/response.h"
#include "respond/search_response.h"
#include "respond/share_response.h"
#include "respond/status_page.h"
#include "respond/xsendfile.h"
#include "http/client_key.h"
#include "http/conditional.h"
#include "http/cors.h"
#include "http/forwarded.h"
#include "http/response_header.h"
#include "retrieve/retrieve_learn.h"

#define CORS_MAX ((size_t)4 << 10)
#define HEAD_MAX ((size_t)256 << 10) /* bytes of a header block, an error response or the
                                      * capabilities */

static int send_head(struct response *a, const struct response_header *r, struct err *e)
{
    a->status = r->status;
    return response_header_head(r, &a->head, e) || response_put_head(a, e) ? -1 : 0;
}

/*
 * Send the header of a long body at once, so that the first byte waits neither
 * for a full buffer nor for a thread.
 */
static int send_head_ahead(struct response *a, const struct response_header *r, struct err *e)
{
    if (send_head(a, r, e))
        return -1;
    if (a->retrieval.progress.length_known && a->retrieval.progress.length <= SINK_BUFFER)
        return 0;
    if (sink_flush(&a->s->sink, e) || sink_settle(&a->s->sink, e))
        return -1;
    sink_hurry(&a->s->sink);
    return 0;
}

/* Take the archive from the cache, after its files were checked. */
static void find_kept(struct response *a)
{
    if (!a->chunked && !a->request.pixels)
        (void)retrieve_find_kept(&a->retrieval);
}

static int send_whole(struct response *a, const struct response_header *whole, struct err *e)
{
    const struct range_set all = {.count = 1, .ranges = {{0, a->retrieval.progress.length - 1}}};
    const struct byteranges parts = {.set = &all};
    struct response_header r = *whole;
    int rc;

    a->link.ends = true;
    if (complete_ready(a, e))
        return -1;
    find_kept(a);
    if (xsendfile_make(a, &parts, &r))
        return send_head(a, &r, e);
    if (complete_begin(a, 0, RANGE_FILTER_OPEN, e) || send_head_ahead(a, &r, e))
        return -1;
    audit_trail_begin(a);
    if (a->assembly.count)
        return response_send(a, 0, a->retrieval.progress.length, e);
    if (!a->chunked && !a->request.pixels)
        archive_tee_begin(&a->tee, &a->retrieval, &a->s->sink, link_response_digests(a));
    rc = retrieve_send(&a->retrieval, &a->s->sink, e);
    return archive_tee_stop(&a->tee, &a->s->sink, rc == 0, e) ? -1 : rc;
}

static int serve_send_parts(struct response *a, const struct byteranges *parts,
                            const struct response_header *r, struct err *e)
{
    const struct range *first = &parts->set->ranges[0];

    if (complete_begin(a, first->first, first->last + 1, e) || send_head(a, r, e))
        return -1;
    audit_trail_begin(a);
    return byteranges_send(parts, a, e);
}

static int send_ranges(struct response *a, const struct response_header *whole,
                       const struct range_set *set, struct err *e)
{
    struct byteranges parts;
    struct response_header r = *whole;
    int rc = byteranges_describe(&parts, a, set, &r, e);

    for (size_t i = 0; i < set->count; i++)
        a->link.ends |= set->ranges[i].last + 1 == a->retrieval.progress.length;
    complete_only(a, set);
    if (rc == 0)
        rc = complete_ready(a, e);
    if (rc == 0)
        find_kept(a);
    if (rc == 0 && xsendfile_make(a, &parts, &r))
        rc = send_head(a, &r, e);
    else if (rc == 0)
        rc = serve_send_parts(a, &parts, &r, e);
    byteranges_release(&parts);
    return rc;
}

static int send_not_modified(struct response *a, const struct response_header *whole, struct err *e)
{
    struct response_header r = *whole;

    r.status = 304;
    r.type = NULL;
    r.length_known = false;
    return send_head(a, &r, e);
}

static int send_representation(struct response *a, struct err *e)
{
    const struct request *q = &a->request;
    struct range_set set = {.count = 0};
    struct response_header r;

    if (complete_layout(a, e) || response_describe(a, &r, e))
        return -1;
    switch (conditional_check(q, r.etag, r.modified)) {
    case CONDITIONAL_NOT_MODIFIED:
        return send_not_modified(a, &r, e);
    case CONDITIONAL_FAILED:
        return err_set(e, ERR_PRECONDITION,
                       "the resource is not what the request's condition asks for");
    case CONDITIONAL_SEND:
        break;
    }
    if (complete_length(a, e) || response_describe(a, &r, e))
        return -1;
    if (q->method == REQUEST_HEAD)
        return send_head(a, &r, e);
    if (!q->range || !r.ranges_offered || !conditional_range(q, r.etag))
        return send_whole(a, &r, e);
    switch (range_parse(q->range, r.size, &set)) {
    case RANGE_UNSATISFIABLE:
        return err_set(e, ERR_RANGE, "the range lies beyond the %llu bytes that there are",
                       (unsigned long long)r.size);
    case RANGE_PARTIAL:
        return send_ranges(a, &r, &set, e);
    case RANGE_WHOLE:
        break;
    }
    return send_whole(a, &r, e);
}

static int serve_send_capabilities(struct response *a, struct err *e)
{
    a->status = 200;
    return response_header_capabilities(&a->request, &a->head, e) || response_put_head(a, e) ? -1
                                                                                             : 0;
}

static int send_preflight(struct response *a, struct err *e)
{
    a->status = 204;
    a->request.method = REQUEST_OPTIONS;
    cors_preflight(&a->head);
    return buf_check(&a->head, "an answer", e) || response_put_head(a, e) ? -1 : 0;
}

/*
 * Set the address of the service as clients see it: public_url, or the proxy's
 * prefix and our path.
 */
static int set_base(struct response *a, const char *prefix, struct err *e)
{
    const char *url = a->s->conf->public_url;

    if (strcmp(url, "none") != 0 && !a->link.active)
        a->request.base = url;
    else if (*prefix)
        a->request.base = mem_printf(&a->s->mem, e, "%s%s", prefix, a->request.base);
    return a->request.base ? 0 : -1;
}

/* Restrict look-ups to the user's grants. An archive of a search needs both
 * acts. */
static int serve_restrict(struct response *a, char *const *envp, struct err *e)
{
    const struct conf *c = a->s->conf;
    bool creates = a->request.method == REQUEST_POST;
    bool listed = a->request.search && a->request.accept.items[0].media != ACCEPT_ZIP;
    unsigned acts =
        (a->request.search || creates ? ACCESS_SEARCH : 0) | (listed ? 0 : ACCESS_RETRIEVE);
    const struct access_principal p = response_principal(a, envp);

    if (a->link.active)
        return 0;
    if (access_check(c, &a->request, e))
        return -1;
    return access_restrict(a->s->tools.catalog, c, &p, acts, a->profile ? a->profile->name : "", e);
}

static int answer(struct response *a, char *const *envp, struct err *e)
{
    struct request_in in;
    enum status_page page;
    bool answered;
    const char *prefix, *cors = a->s->conf->cors, *origin = cgi_params_find(envp, "HTTP_ORIGIN");

    cors_fields(cors, origin, &a->cors);
    if (cors_is_preflight(cors, cgi_params_find(envp, "REQUEST_METHOD"), origin,
                          cgi_params_find(envp, "HTTP_ACCESS_CONTROL_REQUEST_METHOD")))
        return send_preflight(a, e);
    if (cgi_params_read(envp, &a->s->mem, &in, e) ||
        forwarded_apply(&in, a->s->conf->trusted_proxies, &a->s->mem, &prefix, e))
        return -1;
    in.require_accept = a->s->conf->require_accept != 0;
    page = status_page_of(&in, a->s->conf->status_clients);
    a->client = client_key_number(in.remote_addr);
    response_name_client(a, in.remote_addr, in.remote_user);
    a->chunked = complete_chunked(a->s, envp);
    complete_check_http2(envp);
    if (page != STATUS_PAGE_NONE)
        return status_page_serve(a, page, strcmp(in.method, "HEAD") == 0, e);
    if (request_rate_check(a, &in, e))
        return -1;
    if (link_response_begin(a, &in, envp, prefix, &answered, e) || answered)
        return answered && !e->kind ? 0 : -1;
    a->xsendfile.wanted = xsendfile_wanted(a->s->conf, envp);
    if (request_parse(&in, &a->s->mem, &a->request, e))
        return -1;
    if (set_base(a, prefix, e) || link_response_limit(a, e))
        return -1;
    if (a->request.method == REQUEST_OPTIONS)
        return serve_send_capabilities(a, e);
    if (deid_profile_begin(a, e))
        return -1;
    if (a->request.link)
        return share_response_serve(a, envp, prefix, e);
    if (serve_restrict(a, envp, e) || deid_profile_find(a, e))
        return -1;
    if (a->request.method == REQUEST_POST)
        return collection_response_create(a, envp, e);
    if (accept_is_archive_list(a->request.accept.items[0].media))
        return collection_list_response_serve(a, e);
    if (a->request.search && a->request.accept.items[0].media != ACCEPT_ZIP)
        return search_response_serve(a, e);
    if (a->request.pixels)
        return pixel_response_plan(a, e) || send_representation(a, e) ? -1 : 0;
    if (negotiate_make(a, e))
        return a->request.search && e->kind == ERR_NOT_FOUND ? search_response_nothing(a, e) : -1;
    if (a->link.page)
        return link_response_page(a, e);
    if (complete_bulkdata(a, e))
        return -1;
    complete_coding(a);
    return send_representation(a, e);
}

/*
 * Only a complete response gets an end record. A client that has the last byte
 * may send its next request, so the download slot is released before that byte
 * is sent, but not before it can be sent without waiting.
 */
static int serve_finish(struct response *a, struct err *e)
{
    struct sink *s = &a->s->sink;
    size_t done = 0;

    if (sink_settle(s, e) || (download_limit_held(&a->s->downloads) &&
                              fcgi_sink_near_end(a->wire, s->data, s->used, &done, e)))
        return -1;
    download_limit_leave(&a->s->downloads);
    return fcgi_sink_finish(a->wire, s->data + done, s->used - done, e);
}

/* Before the first byte was sent an error can still become an error response.
 */
static void serve_report(struct response *a, const struct err *why)
{
    struct err e = ERR_INIT;
    bool head = a->request.method == REQUEST_HEAD;
    enum accept_text text = a->request.text;
    struct response_header_help help;
    int rc;

    sink_drop(&a->s->sink);
    download_limit_leave(&a->s->downloads);
    if (a->wire->touched || why->kind == ERR_PEER)
        return;
    buf_clear(&a->head);
    a->status = response_header_status(why->kind);
    response_help(a, why, &help);
    if (why->kind == ERR_RANGE)
        rc = response_header_unsatisfiable(a->retrieval.progress.length, text, head, a->id,
                                           &a->head, &e);
    else
        rc = response_header_error_help(why, &help, text, head, &a->head, &e);
    if (rc || response_put_head(a, &e) || serve_finish(a, &e))
        log_error("the error answer could not be sent: %s", e.text);
}

static void name_request(struct response *a)
{
    uint64_t id = 0;

    if (getrandom(&id, sizeof id, 0) != sizeof id)
        id = (uint64_t)(io_now() * 1e9) ^ (uint64_t)getpid() << 40;
    snprintf(a->id, sizeof a->id, "%016llx", (unsigned long long)id);
    log_request(a->id);
}

void serve_request(struct serve *s, char *const *envp, struct fcgi_sink *wire)
{
    struct response a = {.s = s,
                         .wire = wire,
                         .started = io_now(),
                         .xsendfile = {.fd = -1},
                         .retrieval = RETRIEVAL_NONE};
    struct err e = ERR_INIT;

    a.retrieval.tools = &s->tools;
    a.retrieval.report = response_report();
    name_request(&a);
    metrics_begin();
    s->sink.ctx = wire;
    sink_drop(&s->sink);
    buf_init(&a.head, HEAD_MAX);
    buf_init(&a.cors, CORS_MAX);
    assembly_init(&a.assembly);
    if (answer(&a, envp, &e) || serve_finish(&a, &e))
        serve_report(&a, &e);
    else
        xsendfile_wait(&a);
    if (e.kind == ERR_DATA || e.kind == ERR_HELPER)
        retrieve_distrust(&a.retrieval);
    response_log(&a, &e);
    response_count(&a, &e);
    archive_tee_end(&a.tee, e.kind == ERR_NONE);
    link_response_end(&a, &e);
    audit_trail_end(&a, &e);
    retrieve_learn_digests(&a.retrieval);
    xsendfile_release(&a);
    assembly_release(&a.assembly);
    retrieve_release(&a.retrieval);
    retrieve_tools_renew(&s->tools);
    store_forget(s->tools.store);
    buf_release(&a.cors);
    buf_release(&a.head);
    mem_reset(&s->mem);
    log_request(NULL);
}
