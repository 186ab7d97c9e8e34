/* SPDX-License-Identifier: MIT */
/* Who a request comes from, as far as its limits go. Pure. */
#ifndef WADOZIP_HTTP_CLIENT_KEY_H
#define WADOZIP_HTTP_CLIENT_KEY_H

#include <stdint.h>

/*
 * A number, never 0, for the client with this address (REMOTE_ADDR, RFC 3875 4.1.8). One for each IPv4 address, also where
 * it is written as IPv6 (RFC 4291 2.5.5.2), and one for each IPv6 /64, which is what a household or a machine gets
 * (RFC 6177 2): whoever has one can take any address in it. All that is no address, and null, are one client.
 */
uint64_t client_key_number(const char *address);

#endif
