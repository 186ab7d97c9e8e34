/* SPDX-License-Identifier: MIT */
/* Responses to searches (PS3.18 10.6). */
#ifndef WADOZIP_RESPOND_SEARCH_RESPONSE_H
#define WADOZIP_RESPOND_SEARCH_RESPONSE_H

#include "respond/response.h"

/*
 * Answer a->request.search with a list or a count. The whole body is made
 * before the status line, so it has a length and an entity tag.
 */
int search_response_serve(struct response *a, struct err *e) MUST_CHECK;

/*
 * Send a body as a->item has it, with a strong entity tag; warning: a Warning
 * field, or null. An empty body is 204 (PS3.18 8.5.1).
 */
int search_response_send(struct response *a, const struct buf *body, bool empty,
                         const char *warning, struct err *e) MUST_CHECK;

/* Answer a search for an archive without results: 204. Clears *e. */
int search_response_nothing(struct response *a, struct err *e) MUST_CHECK;

#endif
