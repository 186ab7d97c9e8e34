/* SPDX-License-Identifier: MIT */
#include "http/accept.h"

#include <string.h>
#include <strings.h>

#include "dicom/transfer_syntax.h"
#include "http/accept_ranges.h"
#include "dicom/deidentifying.h"
#include "http/offer.h"

#define PACKAGES (1u << ACCEPT_ZIP_JSON | 1u << ACCEPT_ZIP_XML)
#define UNCOMPRESSED "bulk data is uncompressed, as Explicit VR Little Endian has it"

/* What a wildcard selects: the category's default, else the next one that is
 * not excluded (PS3.18 8.7.7). */
static const enum accept_media preference[] = {
    ACCEPT_MULTIPART,    ACCEPT_DICOM,      ACCEPT_METADATA_JSON,    ACCEPT_ZIP,
    ACCEPT_TABLE_CSV,    ACCEPT_TABLE_JSON, ACCEPT_OCTETS_MULTIPART, ACCEPT_OCTETS,
    ACCEPT_METADATA_XML, ACCEPT_ZIP_JSON,   ACCEPT_ZIP_XML,          ACCEPT_METADATA_PLAIN,
    ACCEPT_URI_LIST,     ACCEPT_METALINK,   ACCEPT_CROISSANT};

/* Query parameters that are no parameters of a media type: to ignore them would
 * return something else than was asked for. */
static const char *const misplaced[] = {"names",    "filename", "compression", "manifest",
                                        "dicomdir", "window",   "viewport",    "quality"};

/* A member that may select something on offer. */
struct ask {
    unsigned covers;      /* bits of the media on offer */
    /* 0 any type, 2 any subtype, 4 a type, 6 its content too; 1 more with a
     * transfer syntax */
    unsigned specificity;
    bool wished;          /* it names a transfer syntax */
    struct transfer_syntax_wish wish;
    unsigned weight;
};

struct asks {
    struct ask list[ACCEPT_RANGES_MAX];
    size_t count;
    bool any_dicom, any_rendered; /* acceptable ones */
    /* why the first member that could have been meant is not on offer */
    const char *refusal;
};

enum verdict { TAKEN, NOT_OFFERED, INVALID };

static enum verdict accept_refuse(struct asks *a, const char *why)
{
    if (!a->refusal)
        a->refusal = why;
    return NOT_OFFERED;
}

/* Bulk data is sent uncompressed, so all names of that are the same wish
 * (PS3.18 8.7.3.3). */
static enum verdict read_octets_syntax(struct asks *a, const char *uid)
{
    if (strcmp(uid, "*") == 0 || strcmp(uid, TRANSFER_SYNTAX_EXPLICIT_LE) == 0)
        return TAKEN;
    return uid_valid(uid, strlen(uid)) ? accept_refuse(a, UNCOMPRESSED) : INVALID;
}

/* Implicit VR and big endian are never sent over web services (PS3.18 8.7.3).
 */
static enum verdict read_syntax(struct asks *a, const char *uid, struct ask *out)
{
    const struct transfer_syntax *t;

    if (out->covers &
        (1u << ACCEPT_METADATA_JSON | 1u << ACCEPT_METADATA_PLAIN | 1u << ACCEPT_METADATA_XML))
        return TAKEN; /* text has none */
    out->wished = true;
    out->specificity++;
    if (out->covers & (1u << ACCEPT_OCTETS | 1u << ACCEPT_OCTETS_MULTIPART))
        return read_octets_syntax(a, uid);
    if (strcmp(uid, "*") == 0) {
        out->wish.rule = WISH_ANY;
        return TAKEN;
    }
    if (!uid_valid(uid, strlen(uid)))
        return INVALID;
    t = transfer_syntax_find(uid);
    if (!t)
        return accept_refuse(a, "the transfer syntax that is asked for is not known here");
    if (t->forbidden)
        return accept_refuse(
            a,
            "Implicit VR Little Endian and Explicit VR Big Endian are never sent over web services");
    out->wish.rule = WISH_NAMED;
    memcpy(out->wish.uid, uid, strlen(uid) + 1);
    return TAKEN;
}

/* Keep only those of the media that hold this content. */
static enum verdict read_content(struct asks *a, const char *type, struct ask *out)
{
    const struct offer *o;
    unsigned held = 0;
    bool any = false;

    if (strcmp(type, "*/*") == 0)
        return TAKEN;
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++) {
        if (!o->content || !(out->covers & 1u << o->media))
            continue;
        any = true;
        if (strcasecmp(type, o->content) == 0)
            held |= 1u << o->media;
    }
    if (!any || out->specificity < 4)
        return TAKEN;
    if (!held)
        return accept_refuse(a, "the parameter type names a content that this is not offered with");
    out->covers = held;
    out->specificity += 2;
    return TAKEN;
}

/* Unknown parameters are ignored (RFC 2045 5), but for those whose loss would
 * give something else than was wanted. */
static enum verdict read_param(struct asks *a, const struct media_type_param *p, struct ask *out)
{
    if (strcmp(p->name, "transfer-syntax") == 0)
        return read_syntax(a, p->value, out);
    if (strcasecmp(p->name, "transfer-syntax") == 0)
        return accept_refuse(a, "the parameter transfer-syntax is written in lower case");
    if (strcasecmp(p->name, "type") == 0)
        return read_content(a, p->value, out);
    if (strcasecmp(p->name, "password") == 0)
        return accept_refuse(a, "archives with a password are not offered");
    if (deidentifying_name(p->name))
        return accept_refuse(
            a,
            "anonymize is not offered; deidentify is one of the query parameters: write & instead of ;");
    for (size_t i = 0; i < sizeof misplaced / sizeof *misplaced; i++)
        if (strcasecmp(p->name, misplaced[i]) == 0)
            return accept_refuse(
                a,
                "names, filename, compression, manifest and dicomdir are query parameters: write them after"
                " the media type with & instead of ;");
    return TAKEN;
}

bool accept_is_table(enum accept_media media)
{
    return offer_of(media)->allows & OFFER_TABLE;
}

bool accept_is_archive_list(enum accept_media media)
{
    return media == ACCEPT_URI_LIST || media == ACCEPT_METALINK || media == ACCEPT_CROISSANT;
}

bool accept_is_multipart(enum accept_media media)
{
    return offer_of(media)->framing == PLAN_MULTIPART;
}

static bool covers(const struct media_type_range *r, const char *name, unsigned *depth)
{
    char type[MEDIA_TYPE_NAME_MAX + 1];
    size_t len = strcspn(name, "/");

    memcpy(type, name, len);
    type[len] = '\0';
    return media_type_covers(r, type, name + len + 1, depth);
}

/* The bulk data in archives of metadata is also uncompressed, regardless of the
 * order of parameters. */
static enum verdict settle_packages(struct asks *a, struct ask *out)
{
    if (out->wish.rule == WISH_NAMED && strcmp(out->wish.uid, TRANSFER_SYNTAX_EXPLICIT_LE) != 0)
        out->covers &= ~PACKAGES;
    if (!out->covers)
        return accept_refuse(a, UNCOMPRESSED);
    if (!(out->covers & ~PACKAGES))
        out->wish = (struct transfer_syntax_wish){.rule = WISH_DEFAULT};
    return TAKEN;
}

static unsigned covered_media(const struct media_type_range *r, enum accept_category category)
{
    const struct offer *o;
    unsigned all = 0, depth;

    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->categories & 1u << category && covers(r, o->name, &depth) &&
            (depth == 2 || !accept_is_table(o->media)))
            all |= 1u << o->media;
    return all;
}

static enum verdict read_range(struct asks *a, const struct media_type_range *r,
                               enum accept_category category)
{
    struct ask ask = {
        .covers = covered_media(r, category), .weight = r->weight, .wish.rule = WISH_DEFAULT};

    if (!ask.covers && media_type_is(r, "application", "dicom"))
        return accept_refuse(a, "application/dicom is offered for a single instance only");
    if (!ask.covers)
        return NOT_OFFERED;
    ask.specificity = r->type[0] == '*' ? 0 : r->subtype[0] == '*' ? 2 : 4;
    for (size_t i = 0; i < r->count; i++) {
        enum verdict v = read_param(a, &r->params[i], &ask);

        if (v != TAKEN)
            return v;
    }
    if (settle_packages(a, &ask) != TAKEN)
        return NOT_OFFERED;
    a->list[a->count++] = ask;
    return TAKEN;
}

static void note_mix(struct asks *a, const struct media_type_range *r)
{
    if (!r->weight)
        return;
    a->any_dicom = a->any_dicom || media_type_is_dicom(r);
    a->any_rendered = a->any_rendered || media_type_is_rendered(r);
}

/* Read the list. Ranges that cannot be understood count only in the query
 * parameter (PS3.18 8.7.7 and 8.3). */
static int read_list(struct accept_ranges *list, enum accept_category category, struct asks *a,
                     struct err *e)
{
    struct media_type_range r;
    int n;

    while ((n = accept_ranges_next(list, &r, e)) > 0) {
        note_mix(a, &r);
        if (read_range(a, &r, category) == INVALID && list->source == MEDIA_TYPE_QUERY)
            return accept_ranges_bad_query(e);
    }
    /* Compressed bulk data has the types of rendered images (PS3.18 Table
     * 8.7.3-5). */
    if (n == 0 && a->any_dicom && a->any_rendered && category != ACCEPT_BULKDATA)
        return err_set(e, ERR_REQUEST,
                       "DICOM and rendered media types may not be mixed in one list");
    return n;
}

static bool same_wish(const struct transfer_syntax_wish *a, const struct transfer_syntax_wish *b)
{
    return a->rule == b->rule && strcmp(a->uid, b->uid) == 0;
}

/* The weight of the most specific member that covers a representation; of equal
 * ones the lower: q=0 excludes. */
static unsigned weigh(const struct asks *a, enum accept_media media,
                      const struct transfer_syntax_wish *wish)
{
    const struct ask *best = NULL;

    for (const struct ask *k = a->list; k < a->list + a->count; k++) {
        if (!(k->covers & 1u << media) || (k->wished && !same_wish(&k->wish, wish)))
            continue;
        if (!best || k->specificity > best->specificity ||
            (k->specificity == best->specificity && k->weight < best->weight))
            best = k;
    }
    return best ? best->weight : 0;
}

struct weighed {
    struct accept_item item;
    unsigned weight;
};

static bool is_before(const struct weighed *a, const struct weighed *b)
{
    if (a->weight != b->weight)
        return a->weight > b->weight;
    return !accept_is_table(a->item.media) && accept_is_table(b->item.media);
}

/* Keeps the array in order of weight, equal ones in order of the list, tables
 * last. Returns the new count. */
static size_t insert(struct weighed *all, size_t count, const struct weighed *w)
{
    size_t at = count;

    for (size_t i = 0; i < count; i++)
        if (all[i].item.media == w->item.media && same_wish(&all[i].item.wish, &w->item.wish))
            return count;
    while (at > 0 && is_before(w, &all[at - 1]))
        at--;
    memmove(&all[at + 1], &all[at], (count - at) * sizeof *all);
    all[at] = *w;
    return count + 1;
}

static void accept_choose(const struct asks *a, struct accept_list *out)
{
    struct weighed all[ACCEPT_RANGES_MAX];
    size_t count = 0;

    for (const struct ask *k = a->list; k < a->list + a->count; k++) {
        struct weighed w = {.item.wish = k->wish};

        for (size_t i = 0; k->weight && !w.weight && i < sizeof preference / sizeof *preference;
             i++) {
            w.item.media = preference[i];
            if (k->covers & 1u << w.item.media)
                w.weight = weigh(a, w.item.media, &k->wish);
        }
        if (w.weight)
            count = insert(all, count, &w);
    }
    out->count = count < ACCEPT_LIST_MAX ? count : ACCEPT_LIST_MAX;
    for (size_t i = 0; i < out->count; i++)
        out->items[i] = all[i].item;
}

int accept_parse(const char *header, const char *query, enum accept_category category,
                 struct accept_list *out, struct err *e)
{
    struct accept_ranges list;
    struct asks a = {0};

    out->count = 0;
    if (accept_ranges_begin(header, query, &list, e) || read_list(&list, category, &a, e))
        return -1;
    accept_choose(&a, out);
    if (!out->count)
        return err_set(e, ERR_NOT_ACCEPTABLE, "%s; offered are %s",
                       a.refusal ? a.refusal : "none of the media types asked for is on offer",
                       offer_words(category));
    return 0;
}

enum accept_text accept_text(const char *header)
{
    static const struct media_type_offer offers[] = {{"text", "html"},
                                                     {"text", "plain"},
                                                     {"application", "json"},
                                                     {"application", "dicom+json"}};
    static const enum accept_text texts[] = {ACCEPT_HTML, ACCEPT_PLAIN, ACCEPT_JSON, ACCEPT_JSON};
    int i = -1;

    if (header && strlen(header) <= ACCEPT_HEADER_MAX)
        i = media_type_choose(header, MEDIA_TYPE_HEADER, ACCEPT_RANGES_MAX, offers,
                              sizeof offers / sizeof *offers);
    return i < 0 ? ACCEPT_HTML : texts[i];
}

int accept_capabilities(const char *header, const char *query, enum accept_capabilities *out,
                        struct err *e)
{
    static const struct media_type_offer offers[] = {{"application", "vnd.sun.wadl+xml"},
                                                     {"application", "json"}};
    static const enum accept_capabilities forms[] = {ACCEPT_WADL, ACCEPT_CAPABILITIES_JSON};
    int i;

    if (accept_ranges_choose(header, query, offers, sizeof offers / sizeof *offers, &i, e))
        return -1;
    if (i < 0)
        return err_set(
            e, ERR_NOT_ACCEPTABLE,
            "capabilities are offered as application/vnd.sun.wadl+xml and application/json");
    *out = forms[i];
    return 0;
}
