/* SPDX-License-Identifier: MIT */
/*
 * Responses that the web server sends by itself: a header field lists the
 * ranges of files that make up the body (lighttpd's X-Sendfile2), and the
 * worker is free at once. The bytes around the members are in a small file in
 * the folder `spool`. The worker removes it when the web server has opened it:
 * lighttpd opens all files while it reads the header, then closes the
 * connection. A killed worker leaves its file without a lock; the next worker
 * that starts removes it.
 */
#ifndef WADOZIP_FCGI_XSENDFILE_H
#define WADOZIP_FCGI_XSENDFILE_H

#include "base/conf.h"
#include "fcgi/byteranges.h"

#define XSENDFILE_HEAD_MAX ((size_t)65000) /* bytes of a header block: lighttpd's limit is 65,535 */

/*
 * Return whether the setting enables it and the server is lighttpd
 * (SERVER_SOFTWARE): others would pass the field on. Not with max_rate, which
 * lighttpd would not keep.
 */
bool xsendfile_wanted(const struct conf *c, char *const *envp);

/*
 * Build the field, r->sendfile, for the parts of the response; its files have
 * been checked. Returns false if the response has to be streamed: something
 * must be converted first, the header would be too long, lighttpd does not
 * accept a path, or the spool folder cannot be used.
 */
bool xsendfile_make(struct response *a, const struct byteranges *parts, struct response_header *r);

/* Wait, after the response, until the web server has closed the connection. */
void xsendfile_wait(const struct response *a);

/* Remove the file. */
void xsendfile_release(struct response *a);

/* Remove files of workers that no longer exist. */
void xsendfile_sweep(const char *spool);

#endif
