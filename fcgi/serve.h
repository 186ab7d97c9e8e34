/* SPDX-License-Identifier: MIT */
/*
 * One request from its parameters to the last byte: the order in which the rooms are gone through. Everything that can be
 * known to fail is known before the status line and becomes a status; what fails after it breaks the answer off.
 */
#ifndef WADOZIP_FCGI_SERVE_H
#define WADOZIP_FCGI_SERVE_H

#include "fcgi/serve_state.h"

/*
 * Answers the request with these CGI variables. wire->finished says afterwards whether the answer is complete; the caller
 * closes the connection, without an end record where it is not.
 */
void serve_request(struct serve *s, char *const *envp, struct fcgi_sink *wire);

#endif
