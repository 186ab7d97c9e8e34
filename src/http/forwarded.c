/* SPDX-License-Identifier: MIT */
#include "http/forwarded.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/net.h"
#include "http/origin.h"

#define BLANKS " \t"
#define PREFIX_MAX 256
#define PATH_CHARACTERS \
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@/%"

/* Values of the last entry of Forwarded, or the last values of the other
 * fields; null if absent. */
struct words {
    const char *client, *proto, *host;
};

/* Copy from s to end without surrounding blanks and quotes. */
static const char *forwarded_copy(struct mem *m, const char *s, const char *end, struct err *e)
{
    while (s < end && strchr(BLANKS, *s))
        s++;
    while (end > s && strchr(BLANKS, end[-1]))
        end--;
    if (end - s >= 2 && *s == '"' && end[-1] == '"') {
        s++;
        end--;
    }
    return mem_copy(m, s, (size_t)(end - s), e);
}

/* Return the text after the last comma outside quotes. */
static const char *last_entry(const char *s)
{
    const char *last = s;
    bool quoted = false;

    for (; *s; s++) {
        if (*s == '"')
            quoted = !quoted;
        else if (*s == ',' && !quoted)
            last = s + 1;
    }
    return last;
}

static int last_value(const char *list, struct mem *m, const char **out, struct err *e)
{
    const char *last;

    if (!list)
        return 0;
    last = last_entry(list);
    *out = forwarded_copy(m, last, last + strlen(last), e);
    return *out ? 0 : -1;
}

/* Parse a forwarded-pair (RFC 7239 4): a name, "=", a token or a quoted string.
 */
static int forwarded_take_pair(const char *s, const char *end, struct mem *m, struct words *w,
                               struct err *e)
{
    const char *equals = memchr(s, '=', (size_t)(end - s));
    const char *name = equals ? forwarded_copy(m, s, equals, e) : NULL;
    const char *value = name ? forwarded_copy(m, equals + 1, end, e) : NULL;

    if (!equals)
        return 0;
    if (!value)
        return -1;
    if (strcasecmp(name, "for") == 0)
        w->client = value;
    else if (strcasecmp(name, "proto") == 0)
        w->proto = value;
    else if (strcasecmp(name, "host") == 0)
        w->host = value;
    return 0;
}

static int read_forwarded(const char *field, struct mem *m, struct words *w, struct err *e)
{
    const char *s = last_entry(field);

    while (*s) {
        const char *end = s;
        bool quoted = false;

        for (; *end && (quoted || *end != ';'); end++)
            if (*end == '"')
                quoted = !quoted;
        if (forwarded_take_pair(s, end, m, w, e))
            return -1;
        s = end + (*end == ';');
    }
    return 0;
}

/*
 * Return the address in "10.0.0.1", "10.0.0.1:4711", "[::1]", "[::1]:4711" or
 * "::1"; null for other text, such as "unknown" and "_x".
 */
static const char *address_of(const char *node, struct mem *m, struct err *e)
{
    const char *colon = strchr(node, ':');
    bool bracket = *node == '[', port = colon && !strchr(colon + 1, ':');
    size_t len = bracket ? strcspn(node + 1, "]") : port ? (size_t)(colon - node) : strlen(node);
    const char *text = mem_copy(m, node + bracket, len, e);
    struct in6_addr any;

    return text && (inet_pton(AF_INET, text, &any) == 1 || inet_pton(AF_INET6, text, &any) == 1)
               ? text
               : NULL;
}

static bool is_scheme(const char *s)
{
    return strcasecmp(s, "http") == 0 || strcasecmp(s, "https") == 0;
}

/* Return a path without a trailing slash, "" if it is not valid in an address.
 */
static const char *prefix_of(const char *s, struct mem *m, struct err *e)
{
    size_t len = s ? strlen(s) : 0;

    if (!len || len > PREFIX_MAX || s[0] != '/' || s[1] == '/' || strspn(s, PATH_CHARACTERS) != len)
        return "";
    while (len && s[len - 1] == '/')
        len--;
    return mem_copy(m, s, len, e);
}

int forwarded_apply(struct request_in *in, const char *trusted, struct mem *m, const char **prefix,
                    struct err *e)
{
    struct words w = {NULL, NULL, NULL};
    const char *path = NULL, *address;
    int rc;

    *prefix = "";
    if (!in->remote_addr || !net_list_has(trusted, in->remote_addr))
        return 0;
    if (in->forwarded)
        rc = read_forwarded(in->forwarded, m, &w, e);
    else
        rc = last_value(in->forwarded_for, m, &w.client, e) ||
             last_value(in->forwarded_proto, m, &w.proto, e) ||
             last_value(in->forwarded_host, m, &w.host, e);
    if (rc || last_value(in->forwarded_prefix, m, &path, e))
        return -1;
    address = w.client ? address_of(w.client, m, e) : NULL;
    if (address)
        in->remote_addr = address;
    if (w.proto && is_scheme(w.proto)) {
        in->scheme = w.proto;
        in->https = NULL;
    }
    if (w.host && origin_is_host(w.host))
        in->host = w.host;
    *prefix = prefix_of(path, m, e);
    return *prefix && !e->kind ? 0 : -1;
}
