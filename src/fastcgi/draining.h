/* SPDX-License-Identifier: MIT */
/*
 * Connections with a complete response on which the web server still sends the
 * request's body. They stay open for a moment, because closing a connection
 * with unread bytes resets it and the client may lose the response. Meanwhile
 * the worker serves other requests.
 */
#ifndef WADOZIP_FASTCGI_DRAINING_H
#define WADOZIP_FASTCGI_DRAINING_H

#include <stddef.h>

#define DRAINING_MAX 16
#define DRAINING_SECONDS 2.0

struct draining {
    struct draining_connection {
        int fd;
        double until; /* io_now() */
    } list[DRAINING_MAX];
    size_t count;
};

/*
 * Take over a connection, to which nothing is sent any more. If there are
 * DRAINING_MAX connections, close the oldest one.
 */
void draining_add(struct draining *l, int fd);

/* Discard received bytes, and close connections that have ended or timed out.
 */
void draining_sweep(struct draining *l);

/* Return the milliseconds until a connection times out, for poll(2); -1 if
 * there is none. */
int draining_timeout(const struct draining *l);

/* Close all. */
void draining_close(struct draining *l);

#endif
