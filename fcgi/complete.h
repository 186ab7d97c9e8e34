/* SPDX-License-Identifier: MIT */
/* What an answer needs before its status line: a place among the downloads, its files, and its length. */
#ifndef WADOZIP_FCGI_COMPLETE_H
#define WADOZIP_FCGI_COMPLETE_H

#include "fcgi/response.h"

/* Take a place among the downloads if the answer counts, and look at every file to be sent. Once. */
int complete_ready(struct response *a, struct err *e) MUST_CHECK;

/* Extract bulk data: whether it exists, and how long it is, shows only then. Not for a client that has it already. */
int complete_bulkdata(struct response *a, struct err *e) MUST_CHECK;

/* Decide whether the body is compressed for a client that takes gzip: of metadata alone. */
void complete_coding(struct response *a);

/*
 * Make the length of the answer known: measure sizes that follow from headers, or make what has no size before. Fails with
 * ERR_LATER, and a text that says how far it is, if that takes longer than the setting convert_wait; the work goes on in a
 * process of its own then.
 */
int complete_length(struct response *a, struct err *e) MUST_CHECK;

/*
 * Wait for what the bytes from `first` to `last` (UINT64_MAX: the end) need first and must be made, so that a failure
 * becomes a status. Fails with ERR_LATER as complete_length() does.
 */
int complete_begin(struct response *a, uint64_t first, uint64_t last, struct err *e) MUST_CHECK;

/*
 * Turn the plan into an earlier layout if a condition of a range request names that one: the client has the beginning of
 * such an answer.
 */
int complete_layout(struct response *a, struct err *e) MUST_CHECK;

/*
 * Whether answers are sent without a length (setting framing). Only over connections on which the client notices that one
 * is broken off: HTTP/1.1 behind lighttpd or mod_proxy_fcgi.
 */
bool complete_chunked(const struct serve *s, char *const *envp);

#endif
