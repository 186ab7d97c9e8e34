/* SPDX-License-Identifier: MIT */
#include "http/accept_pixels.h"

#include <string.h>
#include <strings.h>

#include "dicom/transfer_syntax.h"
#include "http/accept_ranges.h"
#include "http/offer.h"

#define OCTETS "application/octet-stream"

/* Media types of frames, and other names of the same types. */
static const struct {
    const char *name, *type;
} frame_types[] = {
    {OCTETS, OCTETS},           {"image/jpeg", "image/jpeg"},        {"image/jls", "image/jls"},
    {"image/jp2", "image/jp2"}, {"image/j2k", "image/jp2"},          {"image/jpx", "image/jpx"},
    {"image/jphc", "image/jphc"}, {"image/jph", "image/jphc"},       {"image/jxl", "image/jxl"},
    {"image/dicom-rle", "image/dicom-rle"}, {"image/x-dicom-rle", "image/dicom-rle"},
    {"image/x-jls", "image/jls"}, {"video/mp4", "video/mp4"},        {"video/mpeg", "video/mpeg"},
    {"video/mpeg2", "video/mpeg"}, {"image/*", "image/"},            {"video/*", "video/"},
};

static const char *find_type(const char *name)
{
    for (size_t i = 0; i < sizeof frame_types / sizeof *frame_types; i++)
        if (strcasecmp(frame_types[i].name, name) == 0)
            return frame_types[i].type;
    return NULL;
}

static const struct media_type_param *find_param(const struct media_type_range *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++)
        if (strcasecmp(r->params[i].name, name) == 0)
            return &r->params[i];
    return NULL;
}

/* Return the media type of the parts; any type means uncompressed frames in
 * parts. Null: not offered. */
static const char *frames_type(const struct media_type_range *r, bool *multipart)
{
    char name[2 * MEDIA_TYPE_NAME_MAX + 2];
    const struct media_type_param *type = find_param(r, "type");

    *multipart = r->type[0] == '*' || strcmp(r->type, "multipart") == 0;
    if (*multipart && strcmp(r->subtype, "*") != 0 && strcmp(r->subtype, "related") != 0)
        return NULL;
    if (*multipart)
        return type && strcmp(type->value, "*/*") != 0 ? find_type(type->value) : OCTETS;
    if (strcmp(r->type, "application") == 0 && strcmp(r->subtype, "*") == 0)
        return OCTETS;
    snprintf(name, sizeof name, "%s/%s", r->type, r->subtype);
    return find_type(name);
}

static bool read_frames(const struct media_type_range *r, struct accept_frames *out)
{
    const struct media_type_param *syntax = find_param(r, "transfer-syntax");

    *out = (struct accept_frames){.any = false};
    out->type = frames_type(r, &out->multipart);
    if (!out->type || r->weight == 0)
        return false;
    if (!syntax)
        return true;
    out->any = strcmp(syntax->value, "*") == 0;
    if (out->any)
        return true;
    if (!uid_valid(syntax->value, strlen(syntax->value)))
        return false;
    memcpy(out->syntax, syntax->value, strlen(syntax->value) + 1);
    return true;
}

/* Insert in order of weight, equal weights in order of arrival. */
static void insert_frames(struct accept_frames_list *out, unsigned *weights,
                          const struct accept_frames *a, unsigned weight)
{
    size_t at = out->count;

    if (out->count == ACCEPT_PIXELS_MAX)
        return;
    for (; at > 0 && weights[at - 1] < weight; at--) {
        out->items[at] = out->items[at - 1];
        weights[at] = weights[at - 1];
    }
    out->items[at] = *a;
    weights[at] = weight;
    out->count++;
}

int accept_frames_parse(const char *header, const char *query, struct accept_frames_list *out,
                        struct err *e)
{
    unsigned weights[ACCEPT_PIXELS_MAX];
    struct accept_ranges list;
    struct media_type_range r;
    int n;

    out->count = 0;
    if (accept_ranges_begin(header, query, &list, e))
        return -1;
    while ((n = accept_ranges_next(&list, &r, e)) > 0) {
        struct accept_frames a;

        if (read_frames(&r, &a))
            insert_frames(out, weights, &a, r.weight);
    }
    if (n < 0)
        return -1;
    return out->count ? 0
                      : err_set(e, ERR_NOT_ACCEPTABLE,
                                "none of the media types asked for is on offer; offered are %s",
                                offer_words(ACCEPT_FRAMES));
}

static bool is_native(const char *uid)
{
    const struct transfer_syntax *t = transfer_syntax_find(uid);

    return t && !t->encapsulated;
}

/* Compare media types; "image/" includes every image type. */
static bool type_fits(const char *wanted, const char *stored)
{
    size_t len = strlen(wanted);

    return wanted[len - 1] == '/' ? strncmp(wanted, stored, len) == 0 : strcmp(wanted, stored) == 0;
}

enum accept_frames_form accept_frames_match(const struct accept_frames *a, const char *stored,
                                            size_t count)
{
    const char *type = transfer_syntax_media_type(stored);
    bool octets = strcmp(a->type, OCTETS) == 0, same = strcmp(a->syntax, stored) == 0;

    if (!a->multipart && count != 1)
        return ACCEPT_FRAMES_NOT;
    if (octets && (!a->syntax[0] || strcmp(a->syntax, TRANSFER_SYNTAX_EXPLICIT_LE) == 0) &&
        (!a->any || is_native(stored)))
        return ACCEPT_FRAMES_NATIVE;
    if (is_native(stored))
        return ACCEPT_FRAMES_NOT;
    if (octets)
        return a->any || same ? ACCEPT_FRAMES_STORED : ACCEPT_FRAMES_NOT;
    return type_fits(a->type, type) && (!a->syntax[0] || same) ? ACCEPT_FRAMES_STORED
                                                               : ACCEPT_FRAMES_NOT;
}

int accept_rendered_choose(const char *header, const char *query, enum accept_source source,
                           const char *video, enum accept_rendered *out, struct err *e)
{
    static const struct media_type_offer images[] = {{"image", "jpeg"}, {"image", "png"}},
                                         pdf[] = {{"application", "pdf"}};
    const struct media_type_offer videos[] = {{"video", video ? video + strlen("video/") : ""}};
    const struct {
        const struct media_type_offer *offers;
        size_t count;
        const char *words;
        enum accept_rendered first;
    } of[] = {
        [ACCEPT_SOURCE_IMAGE] = {images, 2, "image/jpeg, image/png", ACCEPT_RENDERED_JPEG},
        [ACCEPT_SOURCE_PDF] = {pdf, 1, "application/pdf", ACCEPT_RENDERED_PDF},
        [ACCEPT_SOURCE_VIDEO] = {videos, 1, video, ACCEPT_RENDERED_VIDEO},
    };
    int i;

    if (accept_ranges_choose(header, query, of[source].offers, of[source].count, &i, e))
        return -1;
    if (i < 0)
        return err_set(e, ERR_NOT_ACCEPTABLE,
                       "none of the media types asked for is on offer; offered is %s",
                       of[source].words);
    *out = (enum accept_rendered)(of[source].first + (unsigned)i);
    return 0;
}
