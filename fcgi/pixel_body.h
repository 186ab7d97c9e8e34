/* SPDX-License-Identifier: MIT */
/* The bodies of frames and rendered images: ranges of the instance's file, or what wadozip-dicom makes of it. */
#ifndef WADOZIP_FCGI_PIXEL_BODY_H
#define WADOZIP_FCGI_PIXEL_BODY_H

#include "fcgi/response.h"

/* Bytes of the i-th frame that is asked for, as it lies. */
uint64_t pixel_body_frame_size(const struct frame_table *t, const uint32_t *frames, size_t i);

/* Fill a->assembly or a->body with what a->pixels says. Fails as pixel_response_make() does. */
int pixel_body_make(struct response *a, struct err *e) MUST_CHECK;

#endif
