/* SPDX-License-Identifier: MIT */
/* Identify the client of a request for limits. Pure. */
#ifndef WADOZIP_HTTP_CLIENT_KEY_H
#define WADOZIP_HTTP_CLIENT_KEY_H

#include <stdint.h>

/*
 * Return a number, never 0, for the client with this address (REMOTE_ADDR, RFC
 * 3875 4.1.8). Each IPv4 address has one, also in IPv4-mapped form (RFC 4291
 * 2.5.5.2). Each IPv6 /64 has one, because a household or a machine receives a
 * whole /64 (RFC 6177 2) and can use any address in it. Null and text that is
 * not an address share one number.
 */
uint64_t client_key_number(const char *address);

#endif
