/* SPDX-License-Identifier: MIT */
/* The socket that the web server connects to: opened here, or inherited from systemd or from the web server itself. */
#ifndef WADOZIP_FCGI_LISTEN_H
#define WADOZIP_FCGI_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"

enum listen_kind { LISTEN_OWN, LISTEN_SYSTEMD, LISTEN_WEB_SERVER };

struct listen_socket {
    int fd; /* non-blocking, closed on exec */
    enum listen_kind kind;
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of an own unix socket, else "" */
    dev_t dev;
    ino_t ino;
};

/*
 * `where` is "unix:/path" (mode 0660; a file that a dead predecessor left is replaced, one that answers is not) or
 * "tcp:address:port" with a numeric address, IPv6 in brackets. ERR_CONFIG for anything else, ERR_SYSTEM.
 */
int listen_open(const char *where, struct listen_socket *l, struct err *e) MUST_CHECK;

/*
 * Takes systemd's socket, else descriptor 0 if that is a listening socket (lighttpd bin-path, mod_fcgid, spawn-fcgi).
 * ERR_CONFIG when there is neither.
 */
int listen_inherit(struct listen_socket *l, struct err *e) MUST_CHECK;

/* No new connections from now on; only for an own socket, others go on to be their owner's. The descriptor stays open. */
void listen_refuse(struct listen_socket *l);

void listen_close(struct listen_socket *l);

#endif
