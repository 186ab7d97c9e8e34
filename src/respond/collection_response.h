/* SPDX-License-Identifier: MIT */
/* POST /collections: a list becomes a collection. */
#ifndef WADOZIP_RESPOND_COLLECTION_RESPONSE_H
#define WADOZIP_RESPOND_COLLECTION_RESPONSE_H

#include "respond/response.h"

/* Read the list in the body and answer with 201; Location is the address of the
 * collection, which may have existed. Fails with ERR_NOT_FOUND unless the
 * setting create_collections allows it, with ERR_REQUEST for a page of another
 * origin, with ERR_MEDIA_TYPE, ERR_TOO_LARGE, and as collection_request(). */
int collection_response_create(struct response *a, char *const *envp, struct err *e) MUST_CHECK;

#endif
