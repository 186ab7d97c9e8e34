/* SPDX-License-Identifier: MIT */
/* Content negotiation for frames and rendered images (PS3.18 8.7.3, 8.7.4, 8.7.5). Pure, with bounded work. */
#ifndef WADOZIP_HTTP_ACCEPT_PIXELS_H
#define WADOZIP_HTTP_ACCEPT_PIXELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "dicom/uid.h"

#define ACCEPT_PIXELS_MAX 32 /* representations of one list */

/* A way in which frames may be sent. */
struct accept_frames {
    bool multipart;   /* multipart/related, else a single part */
    const char *type; /* media type of the parts; "image/" and "video/": any that begins so */
    bool any;         /* transfer-syntax=*: as stored, whatever the type */
    char syntax[UID_MAX + 1]; /* "": not named */
};

/* In order of preference. */
struct accept_frames_list {
    struct accept_frames items[ACCEPT_PIXELS_MAX];
    size_t count;
};

/* As accept_parse() does. */
int accept_frames_parse(const char *header, const char *query, struct accept_frames_list *out, struct err *e) MUST_CHECK;

/* What is sent of stored frames. */
enum accept_frames_form { ACCEPT_FRAMES_NOT, ACCEPT_FRAMES_STORED, ACCEPT_FRAMES_NATIVE };

/*
 * Whether `count` frames that are stored in a transfer syntax can be sent so: as they lie, or as Explicit VR Little Endian has
 * them.
 */
enum accept_frames_form accept_frames_match(const struct accept_frames *a, const char *stored, size_t count);

/* Rendered media types (PS3.18 8.7.4) that are offered. */
enum accept_rendered {
    ACCEPT_RENDERED_JPEG,
    ACCEPT_RENDERED_PNG,
    ACCEPT_RENDERED_PDF,  /* of an encapsulated PDF: as it is */
    ACCEPT_RENDERED_VIDEO /* of a video: as it is, by its own type */
};

/* What is rendered: an image, a document or a video. */
enum accept_source { ACCEPT_SOURCE_IMAGE, ACCEPT_SOURCE_PDF, ACCEPT_SOURCE_VIDEO };

/*
 * Choose for a single-part answer; `video` is the video's own media type. ERR_NOT_ACCEPTABLE if none fits.
 */
int accept_rendered_choose(const char *header, const char *query, enum accept_source source, const char *video,
                           enum accept_rendered *out, struct err *e) MUST_CHECK;

#endif
