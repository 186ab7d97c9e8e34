/* SPDX-License-Identifier: MIT */
#include "respond/response.h"

#include "base/deflate.h"
#include "base/io.h"
#include "base/log.h"
#include "body/body.h"
#include "catalog/catalog_learn.h"
#include "catalog/collection_digest.h"
#include "fastcgi/cgi_params.h"
#include "respond/link_digest.h"
#include "respond/metrics.h"
#include "http/offer.h"
#include "http/response_header.h"

#define LOG_FIELDS 9

static const char *const method_names[] = {"GET", "HEAD", "OPTIONS", "POST", "DELETE"};
static const char *const level_names[] = {"base", "study", "series", "instance"};

/* The UID of the resource itself. */
static const char *uid(const struct request *r)
{
    const char *const by_level[] = {"-", r->study, r->series, r->instance};

    if (r->link)
        return *r->link ? r->link : "-";
    if (r->collection)
        return *r->collection ? r->collection : "-";
    return by_level[r->level][0] ? by_level[r->level] : "-";
}

const char *response_location(struct response *a, enum request_level level, struct err *e)
{
    const struct request *r = &a->request;
    const char *base = r->base ? r->base : "";

    if (r->collection)
        return mem_printf(&a->s->mem, e, "%s/collections/%s", base, r->collection);
    if (level == REQUEST_STUDY)
        return mem_printf(&a->s->mem, e, "%s/studies/%s", base, r->study);
    if (level == REQUEST_SERIES)
        return mem_printf(&a->s->mem, e, "%s/studies/%s/series/%s", base, r->study, r->series);
    return mem_printf(&a->s->mem, e, "%s/studies/%s/series/%s/instances/%s%s%s", base, r->study,
                      r->series, r->instance, r->element ? "/bulkdata/" : "",
                      r->element ? r->element : "");
}

const char *response_service(struct response *a, struct err *e)
{
    const char *set = a->s->conf->public_url;
    const char *service = strcmp(set, "none") != 0 && !a->link.active
                              ? set
                              : mem_printf(&a->s->mem, e, "%s%s", a->request.origin,
                                           a->request.base ? a->request.base : "");

    if (service && strlen(service) > HELPER_TARGET_MAX) {
        err_set(e, ERR_URI_TOO_LONG, "the address of the service is longer than %d bytes",
                HELPER_TARGET_MAX);
        return NULL;
    }
    return service;
}

static const char *content_type(struct response *a, struct err *e)
{
    const struct offer *offer = offer_of(a->item->media);

    if (a->pixels.type)
        return a->pixels.type;
    if (accept_is_multipart(a->item->media))
        return mem_printf(&a->s->mem, e, "%s; boundary=\"%s\"", offer->type,
                          a->retrieval.progress.boundary);
    return offer->sent ? offer->sent : offer->name;
}

/* Return the UID that stands for the resource's own, in the arena; null on
 * failure. */
static const char *new_uid(struct response *a, struct err *e)
{
    char shown[UID_MAX + 1];

    return deid_key_uid(a->profile, uid(&a->request), shown, e) ? NULL
                                                                : mem_strdup(&a->s->mem, shown, e);
}

static const char *file_name(struct response *a, struct err *e)
{
    static const char *const searched[] = {"studies", "series", "instances"};
    const char *element = a->request.element, *stem = uid(&a->request);
    char name[RESPONSE_HEADER_FILENAME_MAX];

    if (a->request.part)
        stem = mem_printf(&a->s->mem, e, "%s-%u", stem, a->request.part);
    if (a->request.search && a->request.level == REQUEST_BASE)
        stem = searched[a->request.search->level];
    else if (a->profile && !a->request.collection)
        stem = new_uid(a, e);
    if (element)
        stem = mem_printf(&a->s->mem, e, "%s_%s", stem, element);
    if (!stem)
        return NULL;
    response_header_filename(a->request.filename, stem, a->item->media, name);
    return mem_strdup(&a->s->mem, name, e);
}

const char *response_etag(const struct response *a)
{
    return !a->chunked && a->retrieval.progress.etag[0] ? a->retrieval.progress.etag : NULL;
}

int response_put_head(struct response *a, struct err *e)
{
    const char *line_end = memchr(a->head.data, '\n', a->head.len);
    size_t first = line_end ? (size_t)(line_end + 1 - a->head.data) : 0;

    if (buf_check(&a->cors, "header fields", e) || sink_put(&a->s->sink, a->head.data, first, e))
        return -1;
    if (a->cors.len && sink_put(&a->s->sink, a->cors.data, a->cors.len, e))
        return -1;
    return sink_put(&a->s->sink, a->head.data + first, a->head.len - first, e);
}

/* Append the frames, and whether they are rendered, to the path of an instance,
 * series or study. */
static const char *pixel_location(struct response *a, const char *resource, struct err *e)
{
    static const char *const words[] = {[REQUEST_NO_PIXELS] = "",
                                        [REQUEST_FRAMES] = "",
                                        [REQUEST_RENDERED] = "/rendered",
                                        [REQUEST_THUMBNAIL] = "/thumbnail"};
    const struct request *r = &a->request;

    return mem_printf(&a->s->mem, e, "%s%s%s%s", resource, r->frame_list ? "/frames/" : "",
                      r->frame_list ? r->frame_list : "", words[r->pixels]);
}

/* Return the digest of an archive of a collection or link, in the arena; "" if
 * it is not known, null on failure. */
static const char *known_digest(struct response *a, struct err *e)
{
    struct collection_digest digest = {.hex = ""};
    const struct links_archive *linked = link_digest_known(&a->link, response_etag(a));

    if (a->request.collection && a->item->media == ACCEPT_ZIP && response_etag(a) &&
        collection_digest_read(a->s->tools.catalog, a->request.collection, response_etag(a),
                               &digest, e))
        return NULL;
    return mem_strdup(&a->s->mem, linked ? linked->base64 : digest.base64, e);
}

int response_describe(struct response *a, struct response_header *r, struct err *e)
{
    const struct plan *p = &a->retrieval.plan;
    const struct plan_progress *g = &a->retrieval.progress;
    bool known = g->length_known && !a->chunked;
    const char *location = response_location(a, a->request.level, e),
               *digest = location ? known_digest(a, e) : NULL;

    if (!digest)
        return -1;
    if (a->request.metadata)
        location = mem_printf(&a->s->mem, e, "%s/metadata", location);
    if (location && a->request.pixels)
        location = pixel_location(a, location, e);
    if (location && a->request.part)
        location = mem_printf(&a->s->mem, e, "%s?part_bytes=%llu&part=%u", location,
                              (unsigned long long)a->request.part_bytes, a->request.part);

    *r = (struct response_header){.status = 200,
                        .type = content_type(a, e),
                        .length_known = known,
                        .length = g->length,
                        .size = g->length,
                        .etag = response_etag(a),
                        .digest = *digest ? digest : NULL,
                        .modified = p->modified,
                        .location = a->request.search || a->profile ? NULL : location,
                        .coding = a->gzip ? "gzip" : NULL,
                        .coding_varies = offer_of(a->item->media)->allows & OFFER_CODING,
                        .cache = a->link.active || a->request.search ? NULL : a->s->conf->cache,
                        .ranges_offered = known};
    if (!a->pixels.type && !accept_is_multipart(a->item->media) && !(r->filename = file_name(a, e)))
        return -1;
    return r->type && location ? 0 : -1;
}

/* Return the methods of a resource that is not only read, else null. */
static const char *allowed_methods(const struct request *r)
{
    if (r->link)
        return *r->link ? "DELETE, OPTIONS" : "GET, HEAD, POST, OPTIONS";
    return r->collection && !*r->collection ? "POST, OPTIONS" : NULL;
}

/* Return the word for a resource in the log. */
static const char *resource_name(const struct request *r)
{
    if (r->link)
        return "link";
    if (r->search)
        return "search";
    return r->collection ? "collection" : level_names[r->level];
}

void response_help(struct response *a, const struct err *why, struct response_header_help *help)
{
    struct err none = ERR_INIT;
    const char *location;
    const char *named = a->request.collection && why->kind == ERR_GONE ? why->text : NULL;

    *help = (struct response_header_help){
        .request_id = a->id,
        .retry_after = a->retry_after,
        .reason = why->kind == ERR_UNPROCESSABLE && a->reason ? a->reason : named,
        .allow = allowed_methods(&a->request)};
    if ((why->kind != ERR_HELPER || !a->retrieval.content.failed ||
         a->retrieval.plan.options.content != PLAN_INSTANCES) &&
        why->kind != ERR_LATER)
        return;
    location = a->request.search || a->request.part || a->profile
                   ? NULL
                   : response_location(a, a->request.level, &none);
    if (location)
        help->as_stored = mem_printf(&a->s->mem, &none,
                                     "%s?accept=application/zip%%3Btransfer-syntax%%3D*", location);
    if (why->kind == ERR_HELPER)
        help->reason = mem_printf(
            &a->s->mem, &none, "instance %zu of %zu cannot be converted to the form asked for",
            a->retrieval.content.failed - (a->retrieval.plan.dicomdir != NULL),
            plan_instances(&a->retrieval.plan));
}

int response_send(struct response *a, uint64_t first, uint64_t end, struct err *e)
{
    if (a->assembly.count)
        return assembly_send(&a->assembly, first, end, &a->s->sink, e);
    return retrieve_send_range(&a->retrieval, first, end, &a->s->sink, e);
}

static void log_unrecorded(void *ctx, const char *what, const struct err *why)
{
    (void)ctx;
    log_warn("not recorded: %s: %s", what, why->text);
}

static void count_conversion(void *ctx, bool made, bool recorded)
{
    (void)ctx;
    (void)made;
    (void)recorded;
    metrics_conversion();
}

struct retrieve_report response_report(void)
{
    return (struct retrieve_report){.unrecorded = log_unrecorded, .converted = count_conversion};
}

void response_name_client(struct response *a, const char *address, const char *user)
{
    char *c = a->who;

    snprintf(a->who, sizeof a->who, "%.60s\t%.60s", address ? address : "-", user ? user : "-");
    for (; *c; c++)
        if (strchr(" []", *c))
            *c = '_';
    *strchr(a->who, '\t') = ' ';
}

struct access_principal response_principal(const struct response *a, char *const *envp)
{
    const struct conf *c = a->s->conf;

    return (struct access_principal){.user = a->request.user,
                                     .groups = cgi_params_find(envp, c->groups_variable),
                                     .patient = cgi_params_find(envp, c->patient_variable)};
}

enum metrics_form response_form(const struct response *a)
{
    const struct request *r = &a->request;

    if (r->pixels)
        return r->pixels == REQUEST_FRAMES ? METRICS_FRAMES : METRICS_RENDERED;
    if (!a->item)
        return METRICS_OTHER;
    if (r->search && a->item->media != ACCEPT_ZIP)
        return METRICS_SEARCH;
    if (r->element)
        return METRICS_BULKDATA;
    if (r->metadata)
        return METRICS_METADATA;
    if (accept_is_table(a->item->media))
        return METRICS_TABLE;
    return a->item->media == ACCEPT_ZIP ? METRICS_ARCHIVE : METRICS_MULTIPART;
}

void response_count(const struct response *a, const struct err *why)
{
    const struct metrics_request r = {.form = response_form(a),
                                      .status = a->status,
                                      .complete =
                                          a->wire->finished && (!why->kind || a->status >= 400),
                                      .bytes = a->wire->sent,
                                      .seconds = io_now() - a->started};

    metrics_end(&r);
}

/* Give the values of the request to the log's next line. */
static void name_values(const struct response *a, const struct err *why,
                        struct log_field fields[LOG_FIELDS], char who[RESPONSE_WHO_MAX])
{
    const struct request *r = &a->request;
    char *user = who;

    snprintf(who, RESPONSE_WHO_MAX, "%s", a->who[0] ? a->who : "- -");
    user += strcspn(user, " ");
    if (*user)
        *user++ = '\0';
    memcpy(fields, (const struct log_field[]){
        {"method", method_names[r->method], 0},
        {"resource", resource_name(r), 0},
        {"uid", uid(r), 0},
        {"status", NULL, (uint64_t)a->status},
        {"bytes", NULL, a->wire->sent},
        {"ms", NULL, (uint64_t)((io_now() - a->started) * 1000)},
        {"outcome", !why->kind ? "complete" : err_kind_name(why->kind), 0},
        {"client", who, 0},
        {"user", user, 0},
    }, LOG_FIELDS * sizeof *fields);
    log_fields(fields, LOG_FIELDS);
}

void response_log(const struct response *a, const struct err *why)
{
    const struct request *r = &a->request;
    const char *kind = err_kind_name(why->kind), *who = a->who[0] ? a->who : "- -";
    char line[320], client[RESPONSE_WHO_MAX];
    struct log_field fields[LOG_FIELDS];

    name_values(a, why, fields, client);
    snprintf(line, sizeof line, "%s %s %s %d %llu bytes %.0f ms", method_names[r->method],
             resource_name(r), uid(r),
             a->status, (unsigned long long)a->wire->sent, (io_now() - a->started) * 1000);
    if (!why->kind)
        log_info("%s %s [%s]", line,
                 a->xsendfile.value.len ? "handed to the web server" : "complete", who);
    else if (a->wire->stalled)
        log_warn("%s cut off: %s [%s]", line, why->text, who);
    else if (why->kind == ERR_PEER)
        log_info("%s client left [%s]", line, who);
    else if (!a->wire->finished)
        log_error("%s aborted: %s: %s [%s]", line, kind, why->text, who);
    else if (why->kind == ERR_BUSY)
        log_warn("%s refused: %s: %s [%s]", line, kind, why->text, who);
    else if (a->status >= 500)
        log_error("%s refused: %s: %s [%s]", line, kind, why->text, who);
    else
        log_info("%s refused: %s: %s [%s]", line, kind, why->text, who);
}
