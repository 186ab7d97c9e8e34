/* SPDX-License-Identifier: MIT */
/* Frames, rendered images and thumbnails (PS3.18 10.4.1.1.3 to 10.4.1.1.8).
 * Frames that are sent as stored are read from the file; wadozip-dicom decodes
 * and renders. */
#ifndef WADOZIP_RESPOND_PIXEL_RESPONSE_H
#define WADOZIP_RESPOND_PIXEL_RESPONSE_H

#include "respond/response.h"

/* Choose the representation: fill a->pixels and the plan, with its one instance
 * and its entity tag. Fails with ERR_NOT_FOUND for frames that do not exist,
 * with ERR_NOT_ACCEPTABLE if no representation can be made, and as
 * catalog_find(). */
int pixel_response_plan(struct response *a, struct err *e) MUST_CHECK;

/* Make the body and set the length of the plan. Fails with ERR_NOT_ACCEPTABLE
 * for pixel data that cannot be decoded. */
int pixel_response_make(struct response *a, struct err *e) MUST_CHECK;

#endif
