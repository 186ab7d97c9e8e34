/* SPDX-License-Identifier: MIT */
/* How a client shows that it knows the passcode of a link: a cookie that is
 * bound to the link, or a key in the address that is valid for an hour, for
 * download managers. Both are codes (HMAC) under the passcode's hash, which is
 * stored in the database alone. A new passcode voids them. */
#ifndef WADOZIP_RESPOND_LINK_DOOR_H
#define WADOZIP_RESPOND_LINK_DOOR_H

#include "respond/response.h"

#define LINK_DOOR_COOKIE_MAX 4096 /* bytes of the header fields after a right passcode */

/* Set *open to whether the request has a valid cookie or key. A download that
 * is resumed may have a key of the last `grace` seconds. `cookies`: the header
 * field, or null. */
int link_door_is_open(const struct link_use *l, const struct request_in *in, const char *cookies,
                      uint64_t grace, bool *open, struct err *e) MUST_CHECK;

/* Read the passcode of a form from the request's body. The text is in the
 * arena. */
int link_door_passcode(struct response *a, const char **out, struct err *e) MUST_CHECK;

/* Write the header fields that set the cookie and lead back to the page. Fails
 * with ERR_URI_TOO_LONG. */
int link_door_cookie(const struct link_use *l, int64_t now, char out[LINK_DOOR_COOKIE_MAX],
                     struct err *e) MUST_CHECK;

/* Return the address of the archive up to its name, with a key if there is a
 * passcode. In the arena; null on failure. */
const char *link_door_download(const struct link_use *l, struct mem *m, int64_t now,
                               struct err *e) MUST_CHECK;

/* Return whether a request resumes a download: a range after the first byte,
 * under a condition on the entity tag. */
bool link_door_resumes(const struct request_in *in);

/* Name the link instead of a user in the log, and remember whether the client
 * uses TLS. */
void link_door_name(struct response *a, const struct request_in *in);

#endif
