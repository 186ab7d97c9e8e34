/* SPDX-License-Identifier: MIT */
/* Copy FastCGI parameters to a struct request_in, so that nothing refers to
 * libfcgi's memory. */
#ifndef WADOZIP_FASTCGI_CGI_PARAMS_H
#define WADOZIP_FASTCGI_CGI_PARAMS_H

#include "base/err.h"
#include "base/mem.h"
#include "http/request.h"

#define CGI_PARAMS_MAX 8192 /* bytes of one variable's value */

/*
 * Read `envp`: "NAME=value" strings that end with null. The first of equal
 * names counts. An empty value counts as absent, except for HTTP_ACCEPT. Values
 * are copied into the arena. Fails with ERR_URI_TOO_LONG, with ERR_REQUEST
 * (another value beyond CGI_PARAMS_MAX) or ERR_MEMORY.
 */
int cgi_params_read(char *const *envp, struct mem *m, struct request_in *out,
                    struct err *e) MUST_CHECK;

/*
 * Return the value of a variable that is not part of struct request_in, or
 * null. Points into envp.
 */
const char *cgi_params_find(char *const *envp, const char *name);

#endif
