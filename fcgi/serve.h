/* SPDX-License-Identifier: MIT */
/*
 * Serve one request from its parameters to the last byte: the order of all
 * steps. Errors are detected before the status line where possible and become a
 * status; later errors abort the response.
 */
#ifndef WADOZIP_FCGI_SERVE_H
#define WADOZIP_FCGI_SERVE_H

#include "respond/serve_state.h"

/*
 * Answer a request with these CGI variables. wire->finished says whether the
 * response is complete. The caller closes the connection; without an end record
 * that is the abort.
 */
void serve_request(struct serve *s, char *const *envp, struct fcgi_sink *wire);

#endif
