/* SPDX-License-Identifier: MIT */
/* FastCGI parameters to a struct request_in: bounded copies, so that nothing of libfcgi's memory outlives the doorway. */
#ifndef WADOZIP_FCGI_CGI_PARAMS_H
#define WADOZIP_FCGI_CGI_PARAMS_H

#include "base/err.h"
#include "base/mem.h"
#include "http/request.h"

#define CGI_PARAMS_MAX 8192 /* bytes of one variable's value */

/*
 * `envp` holds "NAME=value" strings and ends with null; the first of equal names counts. An empty value is none, but for
 * HTTP_ACCEPT, whose presence means something. Values are copied into the arena. Fails with ERR_URI_TOO_LONG, ERR_REQUEST
 * (another value beyond CGI_PARAMS_MAX) or ERR_MEMORY.
 */
int cgi_params_read(char *const *envp, struct mem *m, struct request_in *out, struct err *e) MUST_CHECK;

/* The value of a variable that is not part of a struct request_in, or null; points into envp. */
const char *cgi_params_find(char *const *envp, const char *name);

#endif
