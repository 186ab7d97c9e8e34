/* SPDX-License-Identifier: MIT */
#include "base/host_port.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

/* Names, and addresses with a scope (fe80::1%eth0). */
#define HOST_CHARACTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_"

static bool is_port_number(const char *s)
{
    size_t len = strlen(s);
    uint64_t number;

    return len <= 5 && num_parse(s, len, 65535, &number) && number > 0;
}

bool host_port_split(const char *text, const char *standard, struct host_port *out)
{
    bool bracket = *text == '[';
    const char *host = text + bracket;
    size_t len = strspn(host, bracket ? HOST_CHARACTERS ":%" : HOST_CHARACTERS);
    const char *rest = host + len;

    if (len == 0 || len > HOST_PORT_HOST_MAX || (bracket && *rest++ != ']'))
        return false;
    if (*rest && (*rest != ':' || !is_port_number(rest + 1)))
        return false;
    snprintf(out->host, sizeof out->host, "%.*s", (int)len, host);
    snprintf(out->port, sizeof out->port, "%s", *rest ? rest + 1 : standard);
    return true;
}
