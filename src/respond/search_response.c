/* SPDX-License-Identifier: MIT */
#include "respond/search_response.h"

#include "base/hex.h"
#include "base/sha256.h"
#include "catalog/catalog.h"
#include "catalog/search.h"
#include "http/conditional.h"
#include "http/offer.h"
#include "http/response_header.h"
#include "respond/search_deid.h"
#include "search/search_answer.h"

#define BODY_MAX ((size_t)64 << 20)
#define COUNT_MAX 10000 /* results are counted up to this number */
/* PS3.18 8.3.4.4.1 */
#define MORE "299 wadozip \"There are additional results that can be requested\""
#define TAG_MAX (2 * SHA256_BYTES + 3)                                   /* with quotes and NUL */

struct search_results {
    struct search_answer answer;
    const struct deid_profile *profile; /* null: none */
};

static int add_result(void *ctx, const char *const values[SEARCH_ATTRIBUTES], struct err *e)
{
    struct search_results *s = ctx;
    const char *shown[SEARCH_ATTRIBUTES];
    struct search_deid uids;

    if (s->profile && search_deid_values(s->profile, values, &uids, shown, e))
        return -1;
    search_answer_add(&s->answer, s->profile ? shown : values);
    return buf_check(s->answer.out, "the results of a search", e);
}

/* Compute a strong entity tag: SHA-256 of the body. */
static int make_tag(const struct buf *body, char out[TAG_MAX], struct err *e)
{
    uint8_t bytes[SHA256_BYTES];

    if (sha256_bytes(body->data, body->len, bytes, e))
        return -1;
    *out = '"';
    memcpy(hex_write(out + 1, bytes, sizeof bytes), "\"", 2);
    return 0;
}

static int put(struct response *a, const struct response_header *r, const struct buf *body,
               struct err *e)
{
    bool bare = r->status != 200 || a->request.method == REQUEST_HEAD;

    a->status = r->status;
    if (response_header_head(r, &a->head, e) || response_put_head(a, e))
        return -1;
    return bare ? 0 : sink_put(&a->s->sink, body->data, body->len, e);
}

static const char *search_content_type(enum accept_media media)
{
    const struct offer *offer = offer_of(media);

    if (media == ACCEPT_METADATA_XML)
        return "multipart/related; type=\"application/dicom+xml\"; boundary=\"" SEARCH_ANSWER_BOUNDARY
               "\"";
    return offer->sent ? offer->sent : offer->name;
}

int search_response_send(struct response *a, const struct buf *body, bool empty,
                         const char *warning, struct err *e)
{
    char tag[TAG_MAX];
    struct response_header r = {
        .status = empty ? 204 : 200,
        .type = search_content_type(a->item->media),
        .length_known = true,
        .length = body->len,
        .warning = warning,
        .viewer = strcmp(a->s->conf->viewer_url, "none") != 0 ? a->s->conf->viewer_url : NULL};

    if (empty)
        return put(a, &r, body, e);
    if (make_tag(body, tag, e))
        return -1;
    r.etag = tag;
    switch (conditional_check(&a->request, tag, 0)) {
    case CONDITIONAL_NOT_MODIFIED:
        r.status = 304;
        break;
    case CONDITIONAL_FAILED:
        return err_set(e, ERR_PRECONDITION,
                       "the results are not those that the request's condition asks for");
    case CONDITIONAL_SEND:
        break;
    }
    return put(a, &r, body, e);
}

static int send_count(struct response *a, struct err *e)
{
    uint64_t count;
    struct buf body;
    int rc = catalog_search_count(a->s->tools.catalog, a->request.search, COUNT_MAX + 1, &count, e);

    if (rc)
        return -1;
    buf_init(&body, BODY_MAX);
    if (count > COUNT_MAX)
        buf_printf(&body, "{\"count\":%d,\"more\":true}\n", COUNT_MAX);
    else
        buf_printf(&body, "{\"count\":%llu}\n", (unsigned long long)count);
    rc = buf_check(&body, "the number of results", e) ||
                 search_response_send(a, &body, false, NULL, e)
             ? -1
             : 0;
    buf_release(&body);
    return rc;
}

static enum search_format format_of(enum accept_media media)
{
    if (media == ACCEPT_TABLE_CSV)
        return SEARCH_CSV;
    return media == ACCEPT_METADATA_XML ? SEARCH_XML : SEARCH_JSON;
}

static int send_results(struct response *a, struct err *e)
{
    struct search_results s = {
        .answer = {.query = a->request.search, .service = response_service(a, e)},
        .profile = a->profile};
    struct buf body;
    bool more = false;
    int rc;

    if (!s.answer.service)
        return -1;
    s.answer.format = format_of(a->item->media);
    s.answer.out = &body;
    buf_init(&body, BODY_MAX);
    search_answer_begin(&s.answer);
    rc = catalog_search(a->s->tools.catalog, a->request.search, add_result, &s, &more, e);
    search_answer_end(&s.answer);
    if (rc == 0)
        rc = buf_check(&body, "the results of a search", e);
    if (rc == 0)
        rc = search_response_send(a, &body, s.answer.count == 0, more ? MORE : NULL, e);
    buf_release(&body);
    return rc;
}

int search_response_serve(struct response *a, struct err *e)
{
    a->item = &a->request.accept.items[0];
    return a->request.counted ? send_count(a, e) : send_results(a, e);
}

int search_response_nothing(struct response *a, struct err *e)
{
    const struct response_header r = {.status = 204};

    err_clear(e);
    return put(a, &r, &a->head, e);
}
