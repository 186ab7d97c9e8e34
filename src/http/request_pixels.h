/* SPDX-License-Identifier: MIT */
/* The end of a path that asks for frames, a rendered image or a thumbnail
 * (PS3.18 Tables 10.4.1-1 to 10.4.1-4). Pure. */
#ifndef WADOZIP_HTTP_REQUEST_PIXELS_H
#define WADOZIP_HTTP_REQUEST_PIXELS_H

#include "http/request_fields.h"

/* larger numbers are taken for this one, which no instance has */
#define REQUEST_FRAME_MAX 100000000

/* Take what follows the UIDs off `segments` (those after "studies", decoded),
 * *count of them. Nothing is taken if they ask for something else. Fails with
 * ERR_REQUEST for a malformed list of frames. */
int request_pixels_take(const char *const *segments, size_t *count, struct mem *m,
                        struct request *out, struct err *e) MUST_CHECK;

/* Choose among representations: out->frame_types of frames; of rendered images
 * later, by what they are made of. */
int request_pixels_accept(const struct request_in *in, const char *accept, struct mem *m,
                          struct request *out, struct err *e) MUST_CHECK;

#endif
