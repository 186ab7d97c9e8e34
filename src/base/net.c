/* SPDX-License-Identifier: MIT */
#include "base/net.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <string.h>

#include "base/num.h"

#define NETS_MAX 64
#define BLANKS " \t"
#define MAPPED_BITS 96 /* prefix ::ffff:0:0/96, in which IPv4 addresses are stored */

struct net {
    uint8_t address[16];
    unsigned bits;
};

static bool parse_address(const char *s, size_t len, struct net *out)
{
    char text[INET6_ADDRSTRLEN];

    if (len == 0 || len >= sizeof text)
        return false;
    memcpy(text, s, len);
    text[len] = '\0';
    out->bits = 128;
    memset(out->address, 0, 10);
    memset(out->address + 10, 0xff, 2);
    return inet_pton(AF_INET, text, out->address + 12) == 1 ||
           inet_pton(AF_INET6, text, out->address) == 1;
}

/* Parse an address or a network such as "10.0.0.0/8". */
static bool parse_net(const char *s, size_t len, struct net *out)
{
    const char *slash = memchr(s, '/', len);
    size_t address_len = slash ? (size_t)(slash - s) : len;
    bool four = !memchr(s, ':', address_len);
    uint64_t bits;

    if (!parse_address(s, address_len, out))
        return false;
    if (!slash)
        return true;
    if (!num_parse(slash + 1, len - address_len - 1, four ? 32 : 128, &bits))
        return false;
    out->bits = (unsigned)bits + (four ? MAPPED_BITS : 0);
    return true;
}

/* Take the next item of a list. Returns false at its end. */
static bool net_take(const char **list, const char **member, size_t *len)
{
    *list += strspn(*list, BLANKS);
    *member = *list;
    *len = strcspn(*list, BLANKS);
    *list += *len;
    return *len > 0;
}

static bool is_within(const struct net *n, const uint8_t address[16])
{
    unsigned bytes = n->bits / 8, rest = n->bits % 8;
    uint8_t mask = (uint8_t)(0xff00u >> rest);

    return memcmp(n->address, address, bytes) == 0 &&
           (!rest || (n->address[bytes] & mask) == (address[bytes] & mask));
}

bool net_list_valid(const char *list)
{
    const char *member;
    size_t len, count = 0;
    struct net n;

    while (net_take(&list, &member, &len))
        if (++count > NETS_MAX || !parse_net(member, len, &n))
            return false;
    return true;
}

bool net_list_has(const char *list, const char *address)
{
    const char *member;
    struct net n, own;
    size_t len;

    if (!parse_address(address, strlen(address), &own))
        return false;
    while (net_take(&list, &member, &len))
        if (parse_net(member, len, &n) && is_within(&n, own.address))
            return true;
    return false;
}
