/* SPDX-License-Identifier: MIT */
#include "http/accept_pixels.h"

#include <string.h>
#include <strings.h>

#include "dicom/transfer_syntax.h"
#include "http/accept.h"
#include "http/media_type.h"

#define OCTETS "application/octet-stream"
#define FRAMES_OFFERED                                                                                                \
    "multipart/related; type=\"" OCTETS "\" (uncompressed), the same with transfer-syntax=* (as stored) or with"      \
    " the media type in which frames are stored (image/jpeg, image/jls, image/jp2, image/jphc, image/jxl,"            \
    " image/dicom-rle, video/mp4, video/mpeg); single parts of these for one frame"

/* Media types of frames, and other names of the same. */
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

/* Any type means the default, many parts of uncompressed frames. */
static const char *type_of(const struct media_type_range *r, bool *multipart)
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

static bool take_range(const struct media_type_range *r, struct accept_frames *out)
{
    const struct media_type_param *syntax = find_param(r, "transfer-syntax");

    *out = (struct accept_frames){.any = false};
    out->type = type_of(r, &out->multipart);
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

/* Keeps the list in order of weight, equal ones as they come. */
static void insert_frames(struct accept_frames_list *out, unsigned *weights, const struct accept_frames *a, unsigned weight)
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

/* As read_list() of accept.c: a bad member of a header is ignored, of the parameter it is an error. */
static int check_member(enum media_type_token token, const struct media_type_range *r, enum media_type_source source, size_t n,
                        struct err *e)
{
    if (n >= ACCEPT_RANGES_MAX)
        return err_set(e, ERR_REQUEST, "more than %d media types are listed", ACCEPT_RANGES_MAX);
    if (source == MEDIA_TYPE_QUERY && (token == MEDIA_TYPE_BAD || (r->type[0] != '*' && r->subtype[0] == '*')))
        return err_set(e, ERR_REQUEST, "the query parameter accept is not a list of media types without wildcards but */*");
    return 0;
}

static int check_length(const char *list, struct err *e)
{
    if (strnlen(list, ACCEPT_HEADER_MAX + 1) > ACCEPT_HEADER_MAX)
        return err_set(e, ERR_REQUEST, "the list of media types is longer than %d bytes", ACCEPT_HEADER_MAX);
    return 0;
}

int accept_frames_parse(const char *header, const char *query, struct accept_frames_list *out, struct err *e)
{
    enum media_type_source source = query ? MEDIA_TYPE_QUERY : MEDIA_TYPE_HEADER;
    const char *list = query ? query : header ? header : "*/*";
    unsigned weights[ACCEPT_PIXELS_MAX];
    struct media_type_range r;
    enum media_type_token token;

    out->count = 0;
    if (check_length(list, e))
        return -1;
    for (size_t n = 0; (token = media_type_next(&list, source, &r)) != MEDIA_TYPE_END; n++) {
        struct accept_frames a;

        if (check_member(token, &r, source, n, e))
            return -1;
        if (token == MEDIA_TYPE_RANGE && take_range(&r, &a))
            insert_frames(out, weights, &a, r.weight);
    }
    return out->count ? 0 : err_set(e, ERR_NOT_ACCEPTABLE, "none of the media types asked for is on offer; offered are %s",
                                    FRAMES_OFFERED);
}

static bool is_native(const char *uid)
{
    const struct transfer_syntax *t = transfer_syntax_find(uid);

    return t && !t->encapsulated;
}

/* "image/" stands for all images. */
static bool type_fits(const char *wanted, const char *stored)
{
    size_t len = strlen(wanted);

    return wanted[len - 1] == '/' ? strncmp(wanted, stored, len) == 0 : strcmp(wanted, stored) == 0;
}

enum accept_frames_form accept_frames_match(const struct accept_frames *a, const char *stored, size_t count)
{
    const char *type = transfer_syntax_media_type(stored);
    bool octets = strcmp(a->type, OCTETS) == 0, same = strcmp(a->syntax, stored) == 0;

    if (!a->multipart && count != 1)
        return ACCEPT_FRAMES_NOT;
    if (octets && (!a->syntax[0] || strcmp(a->syntax, TRANSFER_SYNTAX_EXPLICIT_LE) == 0) && (!a->any || is_native(stored)))
        return ACCEPT_FRAMES_NATIVE;
    if (is_native(stored))
        return ACCEPT_FRAMES_NOT;
    if (octets)
        return a->any || same ? ACCEPT_FRAMES_STORED : ACCEPT_FRAMES_NOT;
    return type_fits(a->type, type) && (!a->syntax[0] || same) ? ACCEPT_FRAMES_STORED : ACCEPT_FRAMES_NOT;
}

int accept_rendered_choose(const char *header, const char *query, enum accept_source source, const char *video,
                           enum accept_rendered *out, struct err *e)
{
    static const struct media_type_offer images[] = {{"image", "jpeg"}, {"image", "png"}}, pdf[] = {{"application", "pdf"}};
    const struct media_type_offer videos[] = {{"video", video ? video + strlen("video/") : ""}};
    const struct media_type_offer *offers = source == ACCEPT_SOURCE_IMAGE ? images
                                            : source == ACCEPT_SOURCE_PDF ? pdf
                                                                          : videos;
    const char *list = query ? query : header ? header : "*/*";
    int i;

    if (check_length(list, e))
        return -1;
    i = media_type_choose(list, query ? MEDIA_TYPE_QUERY : MEDIA_TYPE_HEADER, ACCEPT_RANGES_MAX, offers,
                          source == ACCEPT_SOURCE_IMAGE ? 2 : 1);
    if (i < 0)
        return err_set(e, ERR_NOT_ACCEPTABLE, "none of the media types asked for is on offer; offered is %s",
                       source == ACCEPT_SOURCE_IMAGE ? "image/jpeg, image/png"
                       : source == ACCEPT_SOURCE_PDF ? "application/pdf"
                                                     : video);
    *out = source == ACCEPT_SOURCE_IMAGE ? (enum accept_rendered)i
           : source == ACCEPT_SOURCE_PDF ? ACCEPT_RENDERED_PDF
                                         : ACCEPT_RENDERED_VIDEO;
    return 0;
}
