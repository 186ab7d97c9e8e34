/* SPDX-License-Identifier: MIT */
/* Headers of de-identified members: their sizes, before anything is sent. */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_HEADERS_H
#define WADOZIP_RETRIEVE_RETRIEVE_HEADERS_H

#include "retrieve/retrieval.h"

/* Know the sizes and CRC-32s of all headers, from an earlier retrieval if
 * possible. Call after ahead_deflate(), on which the entity tag depends. Fails
 * as splice_make(). */
int retrieve_headers(struct retrieval *r, struct err *e) MUST_CHECK;

#endif
