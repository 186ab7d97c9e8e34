/* SPDX-License-Identifier: MIT */
/*
 * Answers that the web server sends by itself: it is told, in a header field, which ranges of which files make up the body
 * (lighttpd's X-Sendfile2), and the worker is free at once. What stands around the members lies in a small file in the
 * folder `spool`, which is there only until the web server has opened it: it opens all files while it reads the header, and
 * closes the connection after that. A worker that is killed in between leaves its file behind, without the lock that it
 * held; the next worker that starts removes it.
 */
#ifndef WADOZIP_FCGI_XSENDFILE_H
#define WADOZIP_FCGI_XSENDFILE_H

#include "base/conf.h"
#include "fcgi/byteranges.h"

#define XSENDFILE_HEAD_MAX ((size_t)65000) /* bytes of a header block: lighttpd takes 65,535 */

/* Whether the settings wish it and it is lighttpd who asks (SERVER_SOFTWARE): others would pass the field on. */
bool xsendfile_wanted(const struct conf *c, char *const *envp);

/*
 * Makes the field, r->sendfile, for the answer's parts; its files have been looked at. False when the answer has to be
 * streamed: something of it must be made first, the header would be too long, a path is none that lighttpd takes, or the
 * spool folder cannot be used.
 */
bool xsendfile_make(struct response *a, const struct byteranges *parts, struct response_header *r);

/* When the answer is out: waits until the web server has closed the connection. */
void xsendfile_wait(const struct response *a);

/* Removes the file. */
void xsendfile_release(struct response *a);

/* Removes the files of workers that are no more. */
void xsendfile_sweep(const char *spool);

#endif
