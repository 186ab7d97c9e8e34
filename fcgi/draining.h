/* SPDX-License-Identifier: MIT */
/*
 * Connections that are answered while the web server still sends the request's body. They stay open for a moment, as closing
 * one with bytes unread resets it and may cost the client the answer; meanwhile the worker serves others.
 */
#ifndef WADOZIP_FCGI_DRAINING_H
#define WADOZIP_FCGI_DRAINING_H

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

/* Take over a connection: nothing is sent to it any more. If there are DRAINING_MAX the oldest one is closed. */
void draining_add(struct draining *l, int fd);

/* Throw away what has arrived, and close the connections that have ended or stayed long enough. */
void draining_sweep(struct draining *l);

/* Milliseconds until one has stayed long enough, for poll(2); -1 if there is none. */
int draining_timeout(const struct draining *l);

/* Close all. */
void draining_close(struct draining *l);

#endif
