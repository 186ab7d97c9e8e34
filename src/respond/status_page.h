/* SPDX-License-Identifier: MIT */
/*
 * /health and /metrics beside /studies, for the operator's monitoring: they
 * exist only for clients that the setting status_clients names.
 */
#ifndef WADOZIP_RESPOND_STATUS_PAGE_H
#define WADOZIP_RESPOND_STATUS_PAGE_H

#include "respond/response.h"

enum status_page { STATUS_PAGE_NONE, STATUS_PAGE_HEALTH, STATUS_PAGE_METRICS };

/* Return the page that a request is for. STATUS_PAGE_NONE also if the client,
 * or a proxy that Forwarded or X-Forwarded-For names, is not in the list
 * `clients` (base/net.h): then the page does not exist. Call with the headers
 * of trusted proxies applied. */
enum status_page status_page_of(const struct request_in *in, const char *clients);

/* Send a page. /health is "ok" with 200, or the reason with 503 if the
 * catalogue cannot be used. Fails only if the page cannot be sent. */
int status_page_serve(struct response *a, enum status_page page, bool head,
                      struct err *e) MUST_CHECK;

#endif
