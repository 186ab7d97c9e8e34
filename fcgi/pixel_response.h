/* SPDX-License-Identifier: MIT */
/*
 * Frames, rendered images and thumbnails (PS3.18 10.4.1.1.3 to 10.4.1.1.8). Frames that are sent as they lie come straight
 * from the file; wadozip-dicom decodes and renders.
 */
#ifndef WADOZIP_FCGI_PIXEL_RESPONSE_H
#define WADOZIP_FCGI_PIXEL_RESPONSE_H

#include "fcgi/response.h"

/*
 * Decide what is sent: fills the plan with the one instance, its entity tag, and a->pixels. Fails with ERR_NOT_FOUND for
 * frames that are not there, ERR_NOT_ACCEPTABLE if no representation can be made, or as catalog_find() does.
 */
int pixel_response_plan(struct response *a, struct err *e) MUST_CHECK;

/* Make the body, and set the plan's length. Fails with ERR_NOT_ACCEPTABLE for pixel data that cannot be decoded. */
int pixel_response_make(struct response *a, struct err *e) MUST_CHECK;

/* The path of the answer, given that of its study, series or instance; in the arena. Null on failure. */
const char *pixel_response_location(struct response *a, const char *resource, struct err *e) MUST_CHECK;

#endif
