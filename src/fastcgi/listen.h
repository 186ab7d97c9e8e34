/* SPDX-License-Identifier: MIT */
/*
 * The socket to which the web server connects: opened here, or inherited from
 * systemd or the web server.
 */
#ifndef WADOZIP_FASTCGI_LISTEN_H
#define WADOZIP_FASTCGI_LISTEN_H

#include <stdbool.h>
#include <sys/types.h>
#include <sys/un.h>

#include "base/err.h"

enum listen_kind { LISTEN_OWN, LISTEN_SYSTEMD, LISTEN_WEB_SERVER };

struct listen_socket {
    int fd; /* non-blocking, closed on exec */
    enum listen_kind kind;
    char path[sizeof((struct sockaddr_un *)0)->sun_path]; /* of our own Unix socket, else "" */
    dev_t dev;
    ino_t ino;
};

/*
 * Open a socket. `where` is "unix:/path" (mode 0660; replaces a file without a
 * listener, fails if there is one) or "tcp:address:port" with a numeric
 * address, IPv6 in brackets. Fails with ERR_CONFIG for other text, or with
 * ERR_SYSTEM.
 */
int listen_open(const char *where, struct listen_socket *l, struct err *e) MUST_CHECK;

/*
 * Take systemd's socket, else descriptor 0 if it is a listening socket
 * (lighttpd bin-path, mod_fcgid, spawn-fcgi). Fails with ERR_CONFIG if there is
 * neither.
 */
int listen_inherit(struct listen_socket *l, struct err *e) MUST_CHECK;

/*
 * Refuse new connections. Only for our own socket; an inherited one stays its
 * owner's. The descriptor stays open.
 */
void listen_refuse(struct listen_socket *l);

void listen_close(struct listen_socket *l);

#endif
