/* SPDX-License-Identifier: MIT */
/* Requests for links (/s/TOKEN): the page, the passcode, and the resources that
 * the link opens. The link alone decides what is seen: neither the user nor the
 * setting `access` matters, no parameter of the page or the archive is read,
 * and none of other requests shows more than the link's profile leaves. */
#ifndef WADOZIP_RESPOND_LINK_RESPONSE_H
#define WADOZIP_RESPOND_LINK_RESPONSE_H

#include "respond/response.h"

/* Handle a request for a link before it is parsed. *answered: a page was sent,
 * or a redirection. Else the request goes on as it is (if it is for no link),
 * or as `in` was changed: the archive and the page become a request for what
 * the link holds. a->link.active is set then. `prefix`: of a proxy. */
int link_response_begin(struct response *a, struct request_in *in, char *const *envp,
                        const char *prefix, bool *answered, struct err *e) MUST_CHECK;

/* Apply the profile of the link to a parsed request. Fails with ERR_REQUEST if it
 * names another one. */
int link_response_limit(struct response *a, struct err *e) MUST_CHECK;

/* Send the page with the length of the archive, which is planned. */
int link_response_page(struct response *a, struct err *e) MUST_CHECK;

/* Return whether the digest of the archive that is sent should be computed. */
bool link_response_digests(const struct response *a);

/* Record a download that is complete, and the digest of its archive. */
void link_response_end(struct response *a, const struct err *why);

#endif
