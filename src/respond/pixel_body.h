/* SPDX-License-Identifier: MIT */
/* The bodies of frames and rendered images: ranges of the instance's file, or
 * results of wadozip-dicom. */
#ifndef WADOZIP_RESPOND_PIXEL_BODY_H
#define WADOZIP_RESPOND_PIXEL_BODY_H

#include "respond/response.h"

/* Return the stored size of the i-th requested frame, in bytes. */
uint64_t pixel_body_frame_size(const struct frame_table *t, const uint32_t *frames, size_t i);

/* Make the body that a->pixels describes, in a->assembly or a->retrieval.body.
 * Fails as pixel_response_make(). */
int pixel_body_make(struct response *a, struct err *e) MUST_CHECK;

#endif
