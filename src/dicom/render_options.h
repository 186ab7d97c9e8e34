/* SPDX-License-Identifier: MIT */
/* How an image is rendered (PS3.18 8.3.5.1), read from query parameters and
 * handed on to wadozip-dicom. Pure. */
#ifndef WADOZIP_DICOM_RENDER_OPTIONS_H
#define WADOZIP_DICOM_RENDER_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

#define RENDER_SIDE_MAX 16384 /* pixels of a rendered image's width or height */
#define RENDER_QUALITY 90     /* of JPEG, if none is asked for */
#define RENDER_THUMBNAIL 200  /* pixels of a thumbnail's longer side, if no viewport is asked for */

/* Functions of PS3.3 C.11.2.1.2 and C.11.2.1.3. */
enum render_window {
    RENDER_WINDOW_OWN,
    RENDER_WINDOW_LINEAR,
    RENDER_WINDOW_EXACT,
    RENDER_WINDOW_SIGMOID
};

struct render_options {
    enum render_window window; /* RENDER_WINDOW_OWN: the image's */
    double center, width;
    /* the image is made to fit, its sides in proportion; 0: as large as it is
     */
    uint32_t columns, rows;
    /* of the source in its pixels; sizes 0: to its end, below 0: flipped */
    double left, top, region_width, region_height;
    bool shrink_only;   /* smaller images are not made larger */
    unsigned quality;   /* of JPEG, 1 to 100; 0: not asked for */
};

/* What wadozip-dicom is asked for. */
struct render_job {
    uint32_t frame; /* from 1; 0: the middle one */
    bool png;       /* else JPEG */
    struct render_options options;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Read a value into *o. Fails with ERR_REQUEST if it is malformed or out of
 * bounds. */
int render_options_window(const char *value, struct render_options *o, struct err *e) MUST_CHECK;
int render_options_viewport(const char *value, struct render_options *o, struct err *e) MUST_CHECK;
int render_options_quality(const char *value, struct render_options *o, struct err *e) MUST_CHECK;

/* A job in one line, for the helper and for entity tags: equal jobs have equal
 * lines. Reading fails for anything else. */
#define RENDER_OPTIONS_TEXT_MAX 256
void render_options_text(const struct render_job *j, char out[RENDER_OPTIONS_TEXT_MAX]);
bool render_options_read(const char *text, struct render_job *j);

#ifdef __cplusplus
}
#endif

#endif
