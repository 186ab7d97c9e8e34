/* SPDX-License-Identifier: MIT */
/* Links that users make: GET and POST of /links, and DELETE of /links/NUMBER,
 * with the setting create_links. A link shows what its maker may share
 * (sql/014_shared_links.sql). */
#ifndef WADOZIP_RESPOND_SHARE_RESPONSE_H
#define WADOZIP_RESPOND_SHARE_RESPONSE_H

#include "respond/response.h"

/* Answer a parsed request for links. `prefix`: of a proxy. Fails with
 * ERR_NOT_FOUND without the setting and for a link of another user, without a
 * user as access_check(), with ERR_FORBIDDEN for a page of another origin and
 * for contents that the user may retrieve but not share, with ERR_UNPROCESSABLE
 * for contents that do not exist for the user, and as link_request_parse(). */
int share_response_serve(struct response *a, char *const *envp, const char *prefix,
                         struct err *e) MUST_CHECK;

#endif
