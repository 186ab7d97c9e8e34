/* SPDX-License-Identifier: MIT */
/* Addresses of other services in settings. */
#ifndef WADOZIP_BASE_HOST_PORT_H
#define WADOZIP_BASE_HOST_PORT_H

#include <stdbool.h>

#define HOST_PORT_HOST_MAX 255

struct host_port {
    char host[HOST_PORT_HOST_MAX + 1]; /* a name or an address, without brackets */
    char port[6];
};

/*
 * Split HOST, HOST:PORT, [ADDRESS] or [ADDRESS]:PORT. A text without a port gets
 * `standard`. Returns false if it is malformed.
 */
bool host_port_split(const char *text, const char *standard, struct host_port *out);

#endif
