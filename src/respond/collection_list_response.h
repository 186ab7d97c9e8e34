/* SPDX-License-Identifier: MIT */
/* Lists of the archives of a collection: text/uri-list (RFC 2483 5), Metalink
 * (RFC 5854) and Croissant. */
#ifndef WADOZIP_RESPOND_COLLECTION_LIST_RESPONSE_H
#define WADOZIP_RESPOND_COLLECTION_LIST_RESPONSE_H

#include "respond/response.h"

/* Answer with the addresses of the archives of a collection: one, or with
 * part_bytes one for each part; Metalink and Croissant have their exact sizes
 * and SHA-256, if they are known. Fails with ERR_TOO_LARGE beyond 1000 parts,
 * with ERR_GONE as collection_find(). */
int collection_list_response_serve(struct response *a, struct err *e) MUST_CHECK;

#endif
