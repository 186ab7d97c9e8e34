/* SPDX-License-Identifier: MIT */
/* Networks and addresses (RFC 4632, RFC 4291), and lists of them as settings hold them. Pure. */
#ifndef WADOZIP_BASE_NET_H
#define WADOZIP_BASE_NET_H

#include <stdbool.h>

/* Whether a list is well-formed: addresses and networks in CIDR notation, parted by blanks, at most 64; or empty. */
bool net_list_valid(const char *list);

/* Whether an address, "10.0.0.5" or "2001:db8::1", is in one of a list's networks. IPv4 within IPv6 is IPv4. */
bool net_list_has(const char *list, const char *address);

#endif
