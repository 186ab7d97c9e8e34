/* SPDX-License-Identifier: MIT */
#include "http/client_key.h"

#include <arpa/inet.h>
#include <string.h>

/* Multicast addresses (RFC 4291 2.7) are never a client's, so these numbers are
 * free. */
#define IPV4 0xFFFFFFFF00000000u
#define UNKNOWN 0xFFFFFFFE00000000u
#define FIRST_PREFIX 0xFFFFFFFD00000000u /* of ::/64, whose number would be 0 */

static uint64_t join(const uint8_t *bytes, unsigned count)
{
    uint64_t n = 0;

    for (unsigned i = 0; i < count; i++)
        n = n << 8 | bytes[i];
    return n;
}

uint64_t client_key_number(const char *address)
{
    size_t len = address ? strcspn(address, "%") : 0; /* the zone of a link-local address (RFC 4007
                                                       * 11) */
    char text[INET6_ADDRSTRLEN];
    struct in6_addr six;
    struct in_addr four;
    uint64_t prefix;

    if (len == 0 || len >= sizeof text)
        return UNKNOWN;
    memcpy(text, address, len);
    text[len] = '\0';
    if (inet_pton(AF_INET, text, &four) == 1)
        return IPV4 | ntohl(four.s_addr);
    if (inet_pton(AF_INET6, text, &six) != 1)
        return UNKNOWN;
    if (IN6_IS_ADDR_V4MAPPED(&six))
        return IPV4 | join(six.s6_addr + 12, 4);
    prefix = join(six.s6_addr, 8);
    return prefix ? prefix : FIRST_PREFIX;
}
