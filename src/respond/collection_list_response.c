/* SPDX-License-Identifier: MIT */
#include "respond/collection_list_response.h"

#include "catalog/collection_digest.h"
#include "catalog/collection_part.h"
#include "respond/negotiate.h"
#include "respond/search_response.h"

#define BODY_MAX ((size_t)1 << 20)
#define PARTS_MAX 1000

struct archive_listing {
    struct response *response;
    const char *service;
    struct buf *out;
    uint32_t count;
};

static int count_piece(void *ctx, const struct collection_piece *p, struct err *e)
{
    struct archive_listing *l = ctx;

    (void)p;
    if (l->count++ < PARTS_MAX)
        return 0;
    return err_set(e, ERR_TOO_LARGE, "there are more than %d parts of this size: choose a larger part_bytes", PARTS_MAX);
}

/* Append the address of an archive, with & as the format needs it. */
static void put_address(const struct archive_listing *l, uint32_t part, const char *and)
{
    const struct request *r = &l->response->request;

    buf_printf(l->out, "%s/collections/%s.zip", l->service, r->collection);
    if (r->part_bytes)
        buf_printf(l->out, "?part_bytes=%llu%spart=%u", (unsigned long long)r->part_bytes, and, part);
}

/* Plan an archive as it will be planned when it is requested, to know its size. */
static int put_file(const struct archive_listing *l, uint32_t part, struct err *e)
{
    struct response *a = l->response;
    const struct request asked = a->request;
    struct collection_digest digest;
    char suffix[16] = "";
    int rc;

    a->request.part = asked.part_bytes ? part : 0;
    a->request.accept = (struct accept_list){.items = {{.media = ACCEPT_ZIP, .wish.rule = WISH_DEFAULT}}, .count = 1};
    rc = negotiate_make(a, e);
    a->request.part = asked.part;
    a->request.accept = asked.accept;
    if (rc || collection_digest_read(a->s->tools.catalog, asked.collection, a->retrieval.progress.etag, &digest, e))
        return -1;
    if (asked.part_bytes)
        snprintf(suffix, sizeof suffix, "-%u", part);
    buf_printf(l->out, "  <file name=\"%s%s.zip\">\n", asked.collection, suffix);
    if (a->retrieval.progress.length_known)
        buf_printf(l->out, "    <size>%llu</size>\n", (unsigned long long)a->retrieval.progress.length);
    if (digest.hex[0])
        buf_printf(l->out, "    <hash type=\"sha-256\">%s</hash>\n", digest.hex);
    buf_str(l->out, "    <url>");
    put_address(l, part, "&amp;");
    buf_str(l->out, "</url>\n  </file>\n");
    return 0;
}

static int put_list(struct archive_listing *l, enum accept_media media, struct err *e)
{
    uint32_t part;
    int rc = 0;

    if (media == ACCEPT_METALINK)
        buf_str(l->out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">\n"
                        "  <generator>wadozip</generator>\n");
    for (part = 1; part <= l->count && rc == 0; part++)
        if (media == ACCEPT_METALINK) {
            rc = put_file(l, part, e);
        } else {
            put_address(l, part, "&");
            buf_str(l->out, "\r\n");
        }
    if (media == ACCEPT_METALINK)
        buf_str(l->out, "</metalink>\n");
    return rc ? -1 : buf_check(l->out, "a list of archives", e);
}

int collection_list_response_serve(struct response *a, struct err *e)
{
    const struct request *r = &a->request;
    const struct accept_item *item = &r->accept.items[0];
    struct archive_listing l = {.response = a, .service = response_service(a, e)};
    struct collection found;
    struct buf body;
    int rc;

    if (!l.service)
        return -1;
    if (r->part)
        return err_set(e, ERR_REQUEST, "a list of archives has all parts: leave part out");
    if (collection_read(a->s->tools.catalog, r->collection, &found, e) ||
        collection_pieces(a->s->tools.catalog, r->collection, r->part_bytes, count_piece, &l, e))
        return -1;
    buf_init(&body, BODY_MAX);
    l.out = &body;
    rc = put_list(&l, item->media, e);
    a->item = item;
    if (rc == 0)
        rc = search_response_send(a, &body, false, NULL, e);
    buf_release(&body);
    return rc;
}
