/* SPDX-License-Identifier: MIT */
#include "conf/conf_value.h"

#include <string.h>

#include "conf/conf.h"

#define CONF_ORIGINS_MAX 2000

bool conf_value_is_url(const char *s)
{
    size_t len = strlen(s), scheme = strncmp(s, "http://", 7) == 0    ? 7
                                     : strncmp(s, "https://", 8) == 0 ? 8
                                                                      : 0;

    for (size_t i = 0; i < len; i++)
        if (s[i] <= ' ' || s[i] >= 0x7f || strchr("\"<>\\^`{|}?#", s[i]))
            return false;
    return scheme && len > scheme && len <= CONF_URL_MAX && s[len - 1] != '/';
}

bool conf_value_is_viewer(const char *s)
{
    static const char characters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~:/?#[]@!$&()*+,;=%{}";
    bool begins = *s == '/' || strncmp(s, "http://", 7) == 0 || strncmp(s, "https://", 8) == 0;

    return begins && !s[strspn(s, characters)] && strlen(s) <= CONF_URL_MAX &&
           strstr(s, "{studies}");
}

bool conf_value_are_origins(const char *s)
{
    if (strcmp(s, "none") == 0 || strcmp(s, "*") == 0)
        return true;
    if (strlen(s) > CONF_ORIGINS_MAX)
        return false;
    for (s += strspn(s, " \t"); *s; s += strspn(s, " \t")) {
        size_t scheme = strncmp(s, "http://", 7) == 0 ? 7 : strncmp(s, "https://", 8) == 0 ? 8 : 0;
        size_t len = strspn(s + scheme, "abcdefghijklmnopqrstuvwxyz0123456789.-_:[]");

        if (!scheme || !len || (s[scheme + len] && !strchr(" \t", s[scheme + len])))
            return false;
        s += scheme + len;
    }
    return true;
}

bool conf_value_is_variable(const char *s)
{
    size_t len = strlen(s);

    return len > 0 && len <= 128 && strncmp(s, "HTTP_", 5) != 0 &&
           strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}
