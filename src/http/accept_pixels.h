/* SPDX-License-Identifier: MIT */
/* Content negotiation for frames and rendered images (PS3.18 8.7.3, 8.7.4,
 * 8.7.5). Pure, with bounded work. */
#ifndef WADOZIP_HTTP_ACCEPT_PIXELS_H
#define WADOZIP_HTTP_ACCEPT_PIXELS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "dicom/uid.h"

#define ACCEPT_PIXELS_MAX 32 /* representations of one list */

/* An acceptable form of frames. */
struct accept_frames {
    bool multipart;   /* multipart/related, else a single part */
    const char *type; /* media type of the parts; "image/" and "video/": any that begins so */
    bool any;         /* transfer-syntax=*: as stored, any media type */
    char syntax[UID_MAX + 1]; /* "": not named */
};

/* In order of preference. */
struct accept_frames_list {
    struct accept_frames items[ACCEPT_PIXELS_MAX];
    size_t count;
};

/* List the acceptable forms of frames. Arguments and failures as
 * accept_parse(). */
int accept_frames_parse(const char *header, const char *query, struct accept_frames_list *out,
                        struct err *e) MUST_CHECK;

/* How stored frames are sent. */
enum accept_frames_form { ACCEPT_FRAMES_NOT, ACCEPT_FRAMES_STORED, ACCEPT_FRAMES_NATIVE };

/*
 * Return whether and how `count` frames stored in a transfer syntax match: as
 * stored, or as in Explicit VR Little Endian.
 */
enum accept_frames_form accept_frames_match(const struct accept_frames *a, const char *stored,
                                            size_t count);

/* Rendered media types (PS3.18 8.7.4) that are offered. */
enum accept_rendered {
    ACCEPT_RENDERED_JPEG,
    ACCEPT_RENDERED_PNG,
    ACCEPT_RENDERED_PDF,  /* an encapsulated PDF document as stored */
    ACCEPT_RENDERED_VIDEO /* a video as stored, by its own type */
};

/* The kind of instance that is rendered. */
enum accept_source { ACCEPT_SOURCE_IMAGE, ACCEPT_SOURCE_PDF, ACCEPT_SOURCE_VIDEO };

/* Choose the media type of a single-part response; `video` is the video's own
 * media type. Fails with ERR_NOT_ACCEPTABLE if none matches, else as
 * accept_parse(). */
int accept_rendered_choose(const char *header, const char *query, enum accept_source source,
                           const char *video, enum accept_rendered *out, struct err *e) MUST_CHECK;

#endif
