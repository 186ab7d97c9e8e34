/* SPDX-License-Identifier: MIT */
#include "http/origin.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/num.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS "0123456789"

static bool is_port(const char *s)
{
    uint64_t port;

    return num_parse(s, strlen(s), 65535, &port) && port > 0;
}

static bool is_address(const char *s, size_t len)
{
    char text[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (len >= sizeof text)
        return false;
    memcpy(text, s, len);
    text[len] = '\0';
    return inet_pton(AF_INET6, text, &address) == 1;
}

bool origin_is_host(const char *s)
{
    bool bracket = *s == '[';
    size_t len = bracket ? strcspn(s, "]") : strspn(s, LETTERS DIGITS "._-");

    if (len == 0 || strlen(s) > ORIGIN_HOST_MAX ||
        (bracket && (s[len] != ']' || !is_address(s + 1, len - 1))))
        return false;
    s += len + bracket;
    return *s == '\0' || (*s == ':' && is_port(s + 1));
}

static const char *scheme(const struct request_in *in)
{
    bool secure = (in->https && strcasecmp(in->https, "off") != 0) ||
                  (in->scheme && strcasecmp(in->scheme, "https") == 0);

    return secure ? "https" : "http";
}

/*
 * Return the web server's own address. lighttpd reports an address, but no name
 * unless one is configured. Null: unknown, or an error in *e.
 */
static const char *own_host(const struct request_in *in, struct mem *m, struct err *e)
{
    const char *name = in->server_name ? in->server_name : in->server_addr;
    const char *port = in->server_port && is_port(in->server_port) ? in->server_port : NULL;
    bool bare = name && is_address(name, strlen(name)); /* IPv6 needs brackets */

    return name ? mem_printf(m, e, "%s%s%s%s%s", bare ? "[" : "", name, bare ? "]" : "",
                             port ? ":" : "", port ? port : "")
                : NULL;
}

int origin_find(const struct request_in *in, struct mem *m, const char **out, struct err *e)
{
    const char *host = in->host ? in->host : own_host(in, m, e);

    if (!host && e->kind)
        return -1;
    if (!host || !origin_is_host(host))
        return err_set(e, ERR_REQUEST, "the request has no Host field that names a host");
    *out = mem_printf(m, e, "%s://%s", scheme(in), host);
    return *out ? 0 : -1;
}
