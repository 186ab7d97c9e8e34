/* SPDX-License-Identifier: MIT */
/* Prepare a response before its status line: a download slot, its files, and
 * its length. */
#ifndef WADOZIP_RESPOND_COMPLETE_H
#define WADOZIP_RESPOND_COMPLETE_H

#include "respond/response.h"
#include "http/range.h"

/* Take a download slot if the response counts, and check every file to be sent.
 * Call once. */
int complete_ready(struct response *a, struct err *e) MUST_CHECK;

/*
 * Let complete_ready() check only the files of which the ranges have bytes: a
 * collection has too many to check all of them for each range.
 */
void complete_only(struct response *a, const struct range_set *set);

/*
 * Extract bulk data, because its existence and length are known only then.
 * Skipped if the client has it already.
 */
int complete_bulkdata(struct response *a, struct err *e) MUST_CHECK;

/* Decide whether the body is compressed for a client that accepts gzip. Only
 * for metadata. */
void complete_coding(struct response *a);

/*
 * Determine the length of the response: measure sizes that follow from headers,
 * or convert members whose size is not known. Fails with ERR_LATER, with the
 * progress in the text, if that takes longer than the setting convert_wait; a
 * separate process then continues.
 */
int complete_length(struct response *a, struct err *e) MUST_CHECK;

/*
 * Wait for conversions that the bytes [first, end) (RANGE_FILTER_OPEN: to
 * the end) need, so that an error becomes a status. Fails with ERR_LATER as
 * complete_length().
 */
int complete_begin(struct response *a, uint64_t first, uint64_t end, struct err *e) MUST_CHECK;

/*
 * Change the plan to an earlier layout if a condition of a range request names
 * that one: the client has the beginning of such a response.
 */
int complete_layout(struct response *a, struct err *e) MUST_CHECK;

/*
 * Return whether responses are sent without a length (setting framing). Only
 * over connections on which the client notices an abort: HTTP/1.1 with lighttpd
 * or mod_proxy_fcgi.
 */
bool complete_chunked(const struct serve *s, char *const *envp);

/* Warn, once, of a web server that ends broken answers over HTTP/2 as if they
 * were complete, or not at all. */
void complete_check_http2(char *const *envp);

#endif
