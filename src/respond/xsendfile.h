/* SPDX-License-Identifier: MIT */
/* Responses that the web server sends by itself: a header field lists the
 * ranges of files that make up the body (lighttpd's X-Sendfile2), or names the
 * one file (nginx's X-Accel-Redirect), and the worker is free at once. The
 * bytes around the members are in a small file in the folder `spool`. The
 * worker removes it when the web server has opened it: lighttpd opens all files
 * while it reads the header, then closes the connection. A killed worker leaves
 * its file without a lock; the next worker that starts removes it. */
#ifndef WADOZIP_RESPOND_XSENDFILE_H
#define WADOZIP_RESPOND_XSENDFILE_H

#include "conf/conf.h"
#include "respond/byteranges.h"

#define XSENDFILE_HEAD_MAX ((size_t)65000) /* bytes of a header block: lighttpd's limit is 65,535 */

/* Return how responses are handed over: as the setting says, if the server is
 * that one (SERVER_SOFTWARE): others would pass the field on. Not with
 * max_rate, which the web server would not keep. */
enum conf_sendfile xsendfile_wanted(const struct conf *c, char *const *envp);

/*
 * Build the field, r->sendfile or r->accel, for the parts of the response; its
 * files have been checked. Returns false if the response has to be streamed:
 * something must be converted first and is not kept, the header would be too
 * long, the web server does not accept a path, or the spool folder cannot be
 * used. nginx is only given archives that are kept whole.
 */
bool xsendfile_make(struct response *a, const struct byteranges *parts, struct response_header *r);

/* Wait, after the response, until the web server has closed the connection. */
void xsendfile_wait(const struct response *a);

/* Remove the file. */
void xsendfile_release(struct response *a);

/* Remove files of workers that no longer exist. */
void xsendfile_sweep(const char *spool);

#endif
