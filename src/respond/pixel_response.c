/* SPDX-License-Identifier: MIT */
#include "respond/pixel_response.h"

#include <string.h>

#include "base/hex.h"
#include "base/sha256.h"
#include "catalog/image_place.h"
#include "dicom/transfer_syntax.h"
#include "respond/pixel_body.h"
#include "respond/serve_open.h"
#include "plan/plan_layout.h"

#define OCTETS "application/octet-stream"
#define HEAVY_FRAMES 64
#define HEAVY_BYTES ((uint64_t)16 << 20)
#define VERSION "1" /* raise it if rendered images or the layout of parts change */

static const struct accept_item single = {.media = ACCEPT_OCTETS};

static bool renders(const struct response *a)
{
    return a->request.pixels != REQUEST_FRAMES;
}

static struct plan_options options(const struct response *a)
{
    return (struct plan_options){.content = PLAN_BULKDATA,
                                 .element = "7FE00010",
                                 .framing = PLAN_SINGLE,
                                 .wish = {.rule = WISH_ANY},
                                 .profile = a->profile,
                                 .max_instances = 1,
                                 .max_bytes = a->s->conf->max_bytes};
}

/* Report that a study or series has no image, or does not exist. */
static int nothing_to_render(struct response *a, struct err *e)
{
    const struct request *r = &a->request;
    const struct catalog_query q = {
        .study = r->study, .series = r->series, .target = TRANSFER_SYNTAX_EXPLICIT_LE};

    if (catalog_find(a->s->tools.catalog, &q, retrieve_add, &a->retrieval, e) &&
        e->kind != ERR_TOO_LARGE)
        return -1;
    err_clear(e);
    return err_set(e, ERR_NOT_ACCEPTABLE,
                   "there is no image or PDF document in it that could be rendered");
}

/* Look up the requested instance, or the one that represents the study or
 * series, and its frames. */
static int find_instance(struct response *a, struct image_place *place, struct err *e)
{
    const struct request *r = &a->request;
    const struct plan_options o = options(a);
    struct image_middle middle;
    struct image_place_query q = {.study = r->study,
                                  .series = r->series,
                                  .instance = r->instance,
                                  .frames = r->frames,
                                  .count = r->frame_count,
                                  .each = retrieve_add,
                                  .ctx = &a->retrieval};

    retrieve_begin(&a->retrieval, &o);
    if (r->level != REQUEST_INSTANCE) {
        if (image_place_middle(a->s->tools.catalog, r->study, r->series, &middle, e))
            return -1;
        if (!middle.instance[0])
            return nothing_to_render(a, e);
        q.series = middle.series;
        q.instance = middle.instance;
    }
    return image_place_find(a->s->tools.catalog, &q, &a->s->mem, place, e);
}

/* Take the frames over. A table that is not sound is ignored: wadozip-dicom
 * finds the frames. */
static void read_table(struct response *a, const struct image_place *place)
{
    struct pixel_choice *p = &a->pixels;

    memcpy(p->sop_class, place->sop_class, sizeof p->sop_class);
    memcpy(p->syntax, place->transfer_syntax, sizeof p->syntax);
    p->samples = place->samples;
    if (!place->table || !frame_table_read(place->table, place->table_bytes, place->value,
                                           a->retrieval.plan.members[0].file_size, &p->table))
        p->table = (struct frame_table){.kind = FRAME_TABLE_NONE};
    p->frame_count = p->table.count ? p->table.count : place->frames ? place->frames : 1;
}

static int check_numbers(const struct response *a, struct err *e)
{
    const struct request *r = &a->request;

    for (size_t i = 0; i < r->frame_count; i++)
        if (r->frames[i] > a->pixels.frame_count)
            return err_set(e, ERR_NOT_FOUND, "there is no frame %u: the instance has %u",
                           r->frames[i], a->pixels.frame_count);
    return 0;
}

static uint64_t bytes_from_file(const struct response *a)
{
    const struct request *r = &a->request;
    uint64_t bytes = 0;

    for (size_t i = 0; i < r->frame_count; i++)
        bytes += pixel_body_frame_size(&a->pixels.table, r->frames, i);
    return bytes;
}

/* Return whether native frames of the file may be sent: compressed ones are
 * looked at first (pixel_deid.h). */
static bool sends_native(const struct response *a)
{
    return a->pixels.table.kind == FRAME_TABLE_NATIVE &&
           !(a->profile && a->profile->options & DEID_WITHHOLD_PIXELS);
}

/* Choose frames as stored if the form is theirs, else decoded ones. */
static int decide_form(struct response *a, const struct accept_frames *item,
                       enum accept_frames_form form, struct err *e)
{
    struct pixel_choice *p = &a->pixels;
    bool stored = form == ACCEPT_FRAMES_STORED;
    bool in_file = sends_native(a) || (stored && p->table.kind != FRAME_TABLE_NATIVE &&
                                       p->table.kind != FRAME_TABLE_NONE);

    p->multipart = item->multipart;
    p->kind = HELPER_FRAMES;
    p->job = in_file ? NULL : a->request.frame_list;
    p->heavy = a->request.frame_count > HEAVY_FRAMES || p->table.kind == FRAME_TABLE_STREAM ||
               (in_file && bytes_from_file(a) > HEAVY_BYTES);
    p->part_type = mem_printf(&a->s->mem, e, "%s; transfer-syntax=%s",
                              stored ? transfer_syntax_media_type(p->syntax) : OCTETS,
                              stored ? p->syntax : TRANSFER_SYNTAX_EXPLICIT_LE);
    return p->part_type ? 0 : -1;
}

static int choose_frames(struct response *a, struct err *e)
{
    const struct accept_frames_list *l = a->request.frame_types;
    const struct pixel_choice *p = &a->pixels;

    if (p->samples == 0)
        return err_set(e, ERR_NOT_FOUND, "the instance has no pixel data");
    if (check_numbers(a, e))
        return -1;
    for (size_t i = 0; i < l->count; i++) {
        enum accept_frames_form form =
            accept_frames_match(&l->items[i], p->syntax, a->request.frame_count);
        bool video = transfer_syntax_is_video(p->syntax);

        if (form == ACCEPT_FRAMES_NOT ||
            (form == ACCEPT_FRAMES_STORED && p->table.kind == FRAME_TABLE_NONE) ||
            (form == ACCEPT_FRAMES_NATIVE && video))
            continue;
        return decide_form(a, &l->items[i], form, e);
    }
    return err_set(e, ERR_NOT_ACCEPTABLE, "the frames are stored in transfer syntax %s, as %s; %s",
                   p->syntax, transfer_syntax_media_type(p->syntax),
                   a->request.frame_count > 1
                       ? "several come as parts of multipart/related only"
                       : "they are offered so and, if they can be decoded, as " OCTETS);
}

static enum accept_source source_of(const struct pixel_choice *p)
{
    if (strcmp(p->sop_class, SOP_CLASS_PDF) == 0)
        return ACCEPT_SOURCE_PDF;
    return p->samples && transfer_syntax_is_video(p->syntax) ? ACCEPT_SOURCE_VIDEO
                                                             : ACCEPT_SOURCE_IMAGE;
}

static struct render_job render_job(const struct response *a, bool png)
{
    const struct request *r = &a->request;
    struct render_job j = {.frame = r->frames ? r->frames[0] : 0, .png = png, .options = r->render};

    if (r->pixels == REQUEST_THUMBNAIL && !j.options.columns) {
        j.options.columns = j.options.rows = RENDER_THUMBNAIL;
        j.options.shrink_only = true;
    }
    if (!j.options.quality && !png)
        j.options.quality = RENDER_QUALITY;
    return j;
}

static int decide_image(struct response *a, bool png, struct err *e)
{
    const struct render_job j = render_job(a, png);
    char text[RENDER_OPTIONS_TEXT_MAX];

    render_options_text(&j, text);
    a->pixels.kind = HELPER_RENDER;
    a->pixels.job = mem_strdup(&a->s->mem, text, e);
    a->pixels.type = png ? "image/png" : "image/jpeg";
    return a->pixels.job ? 0 : -1;
}

static int choose_rendered(struct response *a, struct err *e)
{
    struct pixel_choice *p = &a->pixels;
    enum accept_source source = source_of(p);
    enum accept_rendered media;

    if (source == ACCEPT_SOURCE_IMAGE && p->samples == 0)
        return err_set(
            e, ERR_NOT_ACCEPTABLE,
            "the instance is neither an image nor a PDF document: it cannot be rendered");
    if (source != ACCEPT_SOURCE_IMAGE && a->request.pixels == REQUEST_THUMBNAIL)
        return err_set(e, ERR_NOT_ACCEPTABLE, "there are no thumbnails of documents and videos");
    if (source == ACCEPT_SOURCE_PDF && a->profile)
        return err_set(e, ERR_NOT_ACCEPTABLE,
                       "encapsulated documents are not offered de-identified");
    if (check_numbers(a, e) ||
        accept_rendered_choose(a->request.accept_header, a->request.accept_query, source,
                               transfer_syntax_media_type(p->syntax), &media, e))
        return -1;
    switch (media) {
    case ACCEPT_RENDERED_PDF:
        p->kind = HELPER_EXTRACT;
        p->job = "00420011"; /* Encapsulated Document */
        p->type = "application/pdf";
        return 0;
    case ACCEPT_RENDERED_VIDEO:
        p->heavy = true;
        p->type = transfer_syntax_media_type(p->syntax);
        return p->table.kind == FRAME_TABLE_STREAM
                   ? 0
                   : err_set(e, ERR_NOT_ACCEPTABLE,
                             "the place of the video in its file is not known");
    case ACCEPT_RENDERED_JPEG:
    case ACCEPT_RENDERED_PNG:
        break;
    }
    return decide_image(a, media == ACCEPT_RENDERED_PNG, e);
}

static int digest_string(struct sha256 *d, const char *s, struct err *e)
{
    return sha256_update(d, s, strlen(s) + 1, e);
}

static int digest_deid(struct sha256 *d, const struct deid_profile *p, struct err *e)
{
    const uint8_t version = DEID_VERSION;

    if (!p)
        return 0;
    if (digest_string(d, p->name, e) || digest_string(d, p->text, e))
        return -1;
    return sha256_update(d, &version, sizeof version, e);
}

/* Digest everything that the bytes of the body depend on. */
static int digest(const struct response *a, struct sha256 *d, struct err *e)
{
    const struct plan_member *m = &a->retrieval.plan.members[0];
    const struct pixel_choice *p = &a->pixels;
    const char *location = p->multipart ? a->retrieval.plan.options.location : NULL;
    char numbers[96];

    snprintf(numbers, sizeof numbers, "%llu %u %u %d", (unsigned long long)m->file_size,
             m->file_crc, p->job || a->profile ? a->s->tools.codec_version : 0, p->multipart);
    if (digest_string(d, "wadozip " WADOZIP_VERSION " pixels " VERSION, e) ||
        digest_string(d, numbers, e))
        return -1;
    if (digest_string(d, p->part_type ? p->part_type : p->type, e) ||
        digest_string(d, location ? location : "", e))
        return -1;
    if (digest_string(d, a->request.frame_list ? a->request.frame_list : "", e))
        return -1;
    if (digest_string(d, p->job ? p->job : "", e))
        return -1;
    return digest_deid(d, a->profile, e);
}

static int set_tag(struct response *a, struct err *e)
{
    uint8_t bytes[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct sha256 d;
    int rc = sha256_open(&d, e) || digest(a, &d, e) || sha256_finish(&d, bytes, e) ? -1 : 0;

    sha256_close(&d);
    if (rc)
        return -1;
    hex_write(hex, bytes, sizeof bytes);
    snprintf(a->retrieval.progress.etag, sizeof a->retrieval.progress.etag, "\"%.40s\"", hex);
    snprintf(a->retrieval.progress.boundary, sizeof a->retrieval.progress.boundary, "wadozip-%.32s",
             hex);
    return 0;
}

/* The type of a multipart response names that of its parts without parameters
 * (RFC 2387). */
static int set_multipart_type(struct response *a, struct err *e)
{
    struct pixel_choice *p = &a->pixels;

    if (p->type)
        return 0;
    p->type = p->multipart
                  ? mem_printf(&a->s->mem, e, "multipart/related; type=\"%.*s\"; boundary=\"%s\"",
                               (int)strcspn(p->part_type, ";"), p->part_type,
                               a->retrieval.progress.boundary)
                  : p->part_type;
    return p->type ? 0 : -1;
}

int pixel_response_plan(struct response *a, struct err *e)
{
    struct image_place place;
    const char *location;

    a->item = &single;
    a->chunked = false;
    if (find_instance(a, &place, e))
        return -1;
    location = response_location(a, REQUEST_INSTANCE, e);
    if (a->retrieval.plan.count != 1 || !location)
        return err_set(e, ERR_SYSTEM, "the instance that was found cannot be planned");
    a->retrieval.plan.options.location = a->profile ? NULL : location; /* it names the original */
    read_table(a, &place);
    if (renders(a) ? choose_rendered(a, e) : choose_frames(a, e))
        return -1;
    /* Decoded and de-identified pixels depend on the libraries of wadozip-dicom. */
    if ((a->pixels.job || a->profile) && retrieve_tools_find_codec_version(&a->s->tools, e))
        return -1;
    return set_tag(a, e) || set_multipart_type(a, e) ? -1 : 0;
}

int pixel_response_make(struct response *a, struct err *e)
{
    if (((a->pixels.job || a->profile) && retrieve_tools_start_helpers(&a->s->tools, e)) ||
        pixel_body_make(a, e))
        return -1;
    a->retrieval.progress.length =
        a->assembly.count ? a->assembly.length : a->retrieval.body.length;
    a->retrieval.progress.length_known = true;
    return 0;
}
