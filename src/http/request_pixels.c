/* SPDX-License-Identifier: MIT */
#include "http/request_pixels.h"

#include <string.h>

#include "base/num.h"

#define INSTANCE 5 /* segments of an instance: three UIDs with two words between them */

static int bad_list(struct err *e)
{
    return err_set(
        e, ERR_REQUEST,
        "what follows /frames is not a list of frame numbers: 1 or more, separated by commas");
}

/* One number of the list. Numbers of ten digits and more are as good as any
 * other that is too large. */
static bool take_frame(const char *s, size_t len, uint32_t *out)
{
    uint64_t v;

    if (len == 0 || strspn(s, "0123456789") < len)
        return false;
    for (; len > 1 && *s == '0'; len--)
        s++;
    v = REQUEST_FRAME_MAX;
    if (len < 10 && !num_parse(s, len, UINT32_MAX, &v))
        return false;
    *out = v < REQUEST_FRAME_MAX ? (uint32_t)v : REQUEST_FRAME_MAX;
    return v > 0;
}

static int take_frames(const char *list, struct mem *m, struct request *out, struct err *e)
{
    const char *segment = list;
    size_t count = 1;
    uint32_t *frames;

    for (const char *s = list; *s; s++)
        count += *s == ',';
    frames = mem_alloc(m, count * sizeof *frames, e);
    if (!frames)
        return -1;
    for (size_t i = 0; i < count; i++) {
        size_t len = strcspn(list, ",");

        if (!take_frame(list, len, &frames[i]))
            return bad_list(e);
        list += len + (list[len] == ',');
    }
    out->frame_list = segment;
    out->frames = frames;
    out->frame_count = count;
    return 0;
}

static enum request_pixels rendered_word(const char *word)
{
    if (strcmp(word, "rendered") == 0)
        return REQUEST_RENDERED;
    return strcmp(word, "thumbnail") == 0 ? REQUEST_THUMBNAIL : REQUEST_NO_PIXELS;
}

int request_pixels_take(const char *const *segments, size_t *count, struct mem *m,
                        struct request *out, struct err *e)
{
    size_t n = *count;
    enum request_pixels word = n > 1 ? rendered_word(segments[n - 1]) : REQUEST_NO_PIXELS;

    n -= word != REQUEST_NO_PIXELS;
    if (n == INSTANCE + 2 && strcmp(segments[INSTANCE], "frames") == 0) {
        out->pixels = word ? word : REQUEST_FRAMES;
        *count = INSTANCE;
        return take_frames(segments[INSTANCE + 1], m, out, e);
    }
    if (word && n % 2 && n <= INSTANCE) {
        out->pixels = word;
        *count = n;
    }
    return 0;
}

int request_pixels_accept(const struct request_in *in, const char *accept, struct mem *m,
                          struct request *out, struct err *e)
{
    struct accept_frames_list *types;

    out->accept_header = in->accept;
    out->accept_query = accept;
    if (out->pixels != REQUEST_FRAMES) {
        if (out->annotation)
            return err_set(
                e, ERR_REQUEST,
                "the query parameter annotation is not offered: nothing is written into images");
        if (out->frame_count > 1)
            return err_set(e, ERR_REQUEST,
                           "frames are rendered one at a time: ask for each by its own address");
        return 0;
    }
    types = mem_alloc(m, sizeof *types, e);
    out->frame_types = types;
    return types ? accept_frames_parse(in->accept, accept, types, e) : -1;
}
