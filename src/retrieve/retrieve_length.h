/* SPDX-License-Identifier: MIT */
/* Sizes of headers of de-identified members; retrieve_length() is in
 * retrieve.h. */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_LENGTH_H
#define WADOZIP_RETRIEVE_RETRIEVE_LENGTH_H

#include "retrieve/retrieval.h"

/* Know the sizes and CRC-32s of all headers, from an earlier retrieval if
 * possible. Fails as splice_make(). */
int retrieve_length_headers(struct retrieval *r, struct err *e) MUST_CHECK;

#endif
