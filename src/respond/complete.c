/* SPDX-License-Identifier: MIT */
#include "respond/complete.h"

#include <string.h>

#include "base/crc.h"
#include "base/deflate.h"
#include "base/io.h"
#include "base/log.h"
#include "body/ahead.h"
#include "body/body.h"
#include "fastcgi/cgi_params.h"
#include "respond/later.h"
#include "respond/negotiate.h"
#include "respond/pixel_response.h"
#include "http/conditional.h"
#include "http/offer.h"
#include "format/finish.h"
#include "format/manifest.h"
#include "format/offsets.h"

/*
 * Whether the answer counts as a download. Tables and rendered images do not,
 * nor do some frames, which viewers fetch side by side, nor does a
 * representation that fits in the connection's buffer: no client can make the
 * worker wait for it.
 */
static bool counts(const struct response *a)
{
    bool small = a->retrieval.progress.length_known && a->retrieval.progress.length <= SINK_RECORD;

    if (a->request.pixels)
        return a->request.method == REQUEST_GET && a->pixels.heavy;
    return a->request.method == REQUEST_GET && !accept_is_table(a->item->media) && !small;
}

int complete_ready(struct response *a, struct err *e)
{
    if (a->ready)
        return 0;
    if (counts(a)) {
        if (download_limit_take(&a->s->downloads, a->client, e))
            return -1;
        a->wire->pace.rate = a->s->conf->max_rate;
    }
    a->ready = true;
    return negotiate_check(a, e);
}

void complete_only(struct response *a, const struct range_set *set)
{
    const struct plan_progress *g = &a->retrieval.progress;
    uint64_t first = UINT64_MAX, last = 0, at;

    if (!a->request.collection || accept_is_table(a->item->media) ||
        g->plan->options.framing != PLAN_ZIP)
        return;
    if (g->manifest && g->manifest->missing)
        return; /* its digests are of all files */
    for (size_t i = 0; i < set->count; i++) {
        first = set->ranges[i].first < first ? set->ranges[i].first : first;
        last = set->ranges[i].last > last ? set->ranges[i].last : last;
    }
    content_check_only(&a->retrieval.content, offsets_find(g, first, &at),
                       offsets_find(g, last, &at) + 1);
}

int complete_bulkdata(struct response *a, struct err *e)
{
    if (!a->request.element ||
        conditional_has(&a->request, response_etag(a), a->retrieval.plan.modified))
        return 0;
    if (complete_ready(a, e) || content_begin(&a->retrieval.content, 0, 0, e))
        return -1;
    return finish_measure(&a->retrieval.progress, e);
}

/*
 * A compressed body is another representation. Its tag also names the
 * compressor, because its bytes depend on it.
 */
void complete_coding(struct response *a)
{
    const char *by = deflate_identity();
    char *quote = strrchr(a->retrieval.progress.etag, '"');
    size_t room =
        quote ? (size_t)(a->retrieval.progress.etag + sizeof a->retrieval.progress.etag - quote)
              : 0;

    a->gzip =
        a->request.gzip && !a->chunked && room && offer_of(a->item->media)->allows & OFFER_CODING;
    if (a->gzip)
        snprintf(quote, room, "-%06x-gzip\"", (unsigned)crc_update(0, by, strlen(by)) & 0xffffff);
}

/* Estimate the time for the rest from the progress so far, within limits. */
static unsigned retry_after(const struct response *a, size_t made, size_t all)
{
    double spent = io_now() - a->started,
           left = made ? spent * (double)(all - made) / (double)made : spent * 4;

    return left < 5 ? 5 : left > 120 ? 120 : (unsigned)left;
}

static int report_later(struct response *a, struct err *e)
{
    const struct plan *p = &a->retrieval.plan;
    size_t all = plan_instances(p),
           made = all - ahead_missing(&a->retrieval.progress, p->count, true);

    if (e->kind != ERR_LATER)
        return -1;
    a->retry_after = retry_after(a, made, all);
    err_clear(e);
    return err_set(e, ERR_LATER, "%zu of %zu instances are ready in the form asked for, and %s",
                   made, all,
                   !a->profile && later_start(a) ? "the others are being converted"
                                                 : "a repeated request converts more");
}

int complete_length(struct response *a, struct err *e)
{
    int rc;

    if ((a->chunked && !a->profile) || a->retrieval.progress.length_known)
        return 0;
    if (complete_ready(a, e))
        return -1;
    if (a->request.pixels)
        rc = pixel_response_make(a, e);
    else
        rc = retrieve_length(&a->retrieval, a->started + (double)a->s->conf->convert_wait, a->gzip,
                             e);
    return rc ? report_later(a, e) : 0;
}

int complete_begin(struct response *a, uint64_t first, uint64_t end, struct err *e)
{
    int rc;

    if (accept_is_table(a->item->media) || a->retrieval.body.fd >= 0 || a->assembly.count)
        return 0;
    /* Wait for a member that is converted for the first time: a later
     * request would find nothing more. */
    if (!a->chunked && ahead_missing(&a->retrieval.progress, a->retrieval.plan.count, true) > 0)
        a->retrieval.content.deadline = a->started + (double)a->s->conf->convert_wait;
    rc = body_begin(&a->retrieval.content, first, end, e);
    a->retrieval.content.deadline = 0;
    return rc ? report_later(a, e) : 0;
}

static bool is_wanted(const struct request *q, const char *etag, int64_t modified)
{
    if (q->if_range)
        return conditional_range(q, etag);
    return q->if_match && conditional_check(q, etag, modified) == CONDITIONAL_SEND;
}

int complete_layout(struct response *a, struct err *e)
{
    const struct request *q = &a->request;
    const struct plan *p = &a->retrieval.plan;
    struct plan_progress *g = &a->retrieval.progress;
    char etag[PLAN_ETAG_MAX];

    if (a->chunked || !q->range || (!q->if_range && !q->if_match) ||
        p->options.framing != PLAN_ZIP || accept_is_table(a->item->media) ||
        (!g->length_known && !a->profile) ||
        is_wanted(q, g->etag, p->modified))
        return 0;
    for (enum plan_layout layout = PLAN_LAYOUT_CONVERTED_STORED; layout < PLAN_LAYOUTS; layout++) {
        if (finish_etag(g, layout, etag, e))
            return -1;
        if (is_wanted(q, etag, p->modified))
            return finish_relayout(g, layout, e);
    }
    return 0;
}

static bool begins(const char *s, const char *start)
{
    return s && strncmp(s, start, strlen(start)) == 0;
}

/*
 * Apache reaches a pool only through mod_proxy_fcgi. mod_fcgid starts the
 * workers itself and hides their death.
 */
static bool shows_aborts(const struct serve *s, char *const *envp)
{
    const char *protocol = cgi_params_find(envp, "SERVER_PROTOCOL"),
               *server = cgi_params_find(envp, "SERVER_SOFTWARE");

    return protocol && strcmp(protocol, "HTTP/1.1") == 0 &&
           (begins(server, "lighttpd") || (begins(server, "Apache") && s->pooled));
}

bool complete_chunked(const struct serve *s, char *const *envp)
{
    static bool warned;

    if (s->conf->framing != CONF_FRAMING_CHUNKED)
        return false;
    if (shows_aborts(s, envp))
        return true;
    if (!warned)
        log_warn(
            "framing = chunked is ignored where a broken answer could look complete: anything but HTTP/1.1 behind"
            " lighttpd or mod_proxy_fcgi");
    warned = true;
    return false;
}

void complete_check_http2(char *const *envp)
{
    const char *protocol = cgi_params_find(envp, "SERVER_PROTOCOL"),
               *server = cgi_params_find(envp, "SERVER_SOFTWARE");
    static bool warned;

    if (warned || !begins(protocol, "HTTP/2") || begins(server, "nginx"))
        return;
    log_warn(
        "over HTTP/2 behind this web server a broken answer looks complete to a browser's fetch(): let it speak HTTP/1.1"
        " (operation.md, Lengths)");
    warned = true;
}
