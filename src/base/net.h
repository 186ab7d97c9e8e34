/* SPDX-License-Identifier: MIT */
/* Networks and addresses (RFC 4632, RFC 4291), and lists of them in settings.
 * Pure. */
#ifndef WADOZIP_BASE_NET_H
#define WADOZIP_BASE_NET_H

#include <stdbool.h>

/*
 * Return whether a list is valid: up to 64 addresses and networks in CIDR
 * notation, separated by blanks. An empty list is valid.
 */
bool net_list_valid(const char *list);

/*
 * Return whether an address, "10.0.0.5" or "2001:db8::1", is in a network of
 * the list. IPv4-mapped IPv6 addresses match IPv4 networks.
 */
bool net_list_has(const char *list, const char *address);

#endif
