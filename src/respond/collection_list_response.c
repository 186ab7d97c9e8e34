/* SPDX-License-Identifier: MIT */
#include "respond/collection_list_response.h"

#include "catalog/collection_digest.h"
#include "catalog/collection_part.h"
#include "http/croissant.h"
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
    return err_set(e, ERR_TOO_LARGE,
                   "there are more than %d parts of this size: choose a larger part_bytes",
                   PARTS_MAX);
}

/* Return the address of an archive, with & as the format needs it, in the
 * arena; null on failure. */
static const char *archive_address(const struct archive_listing *l, uint32_t part, const char *and,
                                   struct err *e)
{
    const struct request *r = &l->response->request;
    struct mem *m = &l->response->s->mem;

    if (!r->part_bytes)
        return mem_printf(m, e, "%s/collections/%s.zip", l->service, r->collection);
    return mem_printf(m, e, "%s/collections/%s.zip?part_bytes=%llu%spart=%u", l->service,
                      r->collection, (unsigned long long)r->part_bytes, and, part);
}

/* An archive, with buffers for its strings. */
struct listed_archive {
    struct croissant_archive archive;
    struct collection_digest digest;
    char name[COLLECTION_ID + 20];
};

/* Plan an archive as it will be planned when it is requested, to know its size.
 */
static int plan_file_of(const struct archive_listing *l, uint32_t part, struct listed_archive *out,
                        struct err *e)
{
    struct response *a = l->response;
    const struct request asked = a->request;
    int rc;

    a->request.part = asked.part_bytes ? part : 0;
    a->request.accept = (struct accept_list){
        .items = {{.media = ACCEPT_ZIP, .wish.rule = WISH_DEFAULT}}, .count = 1};
    rc = negotiate_make(a, e);
    a->request.part = asked.part;
    a->request.accept = asked.accept;
    if (rc == 0 && a->profile)
        rc = retrieve_know_length(&a->retrieval, e);
    if (rc || collection_digest_read(a->s->tools.catalog, asked.collection,
                                     a->retrieval.progress.etag, &out->digest, e))
        return -1;
    if (asked.part_bytes)
        snprintf(out->name, sizeof out->name, "%s-%u.zip", asked.collection, part);
    else
        snprintf(out->name, sizeof out->name, "%s.zip", asked.collection);
    out->archive = (struct croissant_archive){.name = out->name, .sha256 = out->digest.hex,
                                              .sized = a->retrieval.progress.length_known,
                                              .size = a->retrieval.progress.length};
    return 0;
}

static int put_metalink_file(const struct archive_listing *l, uint32_t part, struct err *e)
{
    const char *url = archive_address(l, part, "&amp;", e);
    struct listed_archive f;

    if (!url || plan_file_of(l, part, &f, e))
        return -1;
    buf_printf(l->out, "  <file name=\"%s\">\n", f.name);
    if (f.archive.sized)
        buf_printf(l->out, "    <size>%llu</size>\n", (unsigned long long)f.archive.size);
    if (f.digest.hex[0])
        buf_printf(l->out, "    <hash type=\"sha-256\">%s</hash>\n", f.digest.hex);
    buf_printf(l->out, "    <url>%s</url>\n  </file>\n", url);
    return 0;
}

static int put_metalink(struct archive_listing *l, struct err *e)
{
    int rc = 0;

    buf_str(
        l->out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\">\n"
        "  <generator>wadozip</generator>\n");
    for (uint32_t part = 1; part <= l->count && rc == 0; part++)
        rc = put_metalink_file(l, part, e);
    buf_str(l->out, "</metalink>\n");
    return rc;
}

static int put_addresses(struct archive_listing *l, struct err *e)
{
    for (uint32_t part = 1; part <= l->count; part++) {
        const char *url = archive_address(l, part, "&", e);

        if (!url)
            return -1;
        buf_printf(l->out, "%s\r\n", url);
    }
    return 0;
}

static int add_archives(const struct archive_listing *l, node *to, struct err *e)
{
    for (uint32_t part = 1; part <= l->count; part++) {
        struct listed_archive f;

        if (plan_file_of(l, part, &f, e) || !(f.archive.url = archive_address(l, part, "&", e)))
            return -1;
        croissant_add(to, &f.archive);
    }
    return 0;
}

static int put_croissant(struct archive_listing *l, const struct collection *c, struct err *e)
{
    const char *license = l->response->s->conf->collection_license;
    const struct croissant about = {.id = c->id,
                                    .name = c->name,
                                    .service = l->service,
                                    .created = c->created,
                                    .license = strcmp(license, "none") != 0 ? license : NULL,
                                    .studies = c->studies,
                                    .series = c->series,
                                    .instances = c->instances,
                                    .bytes = c->bytes};
    node *root = croissant_begin(&about);
    int rc;

    if (!root)
        return err_set(e, ERR_MEMORY, "no memory left to describe a collection");
    rc = add_archives(l, root, e) || croissant_write(root, l->out, e) ? -1 : 0;
    json_object_put(root);
    return rc;
}

static int put_list(struct archive_listing *l, const struct collection *c, enum accept_media media,
                    struct err *e)
{
    int rc;

    switch (media) {
    case ACCEPT_METALINK:
        rc = put_metalink(l, e);
        break;
    case ACCEPT_CROISSANT:
        rc = put_croissant(l, c, e);
        break;
    default:
        rc = put_addresses(l, e);
    }
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
    rc = put_list(&l, &found, item->media, e);
    a->item = item;
    if (rc == 0)
        rc = search_response_send(a, &body, false, NULL, e);
    buf_release(&body);
    return rc;
}
