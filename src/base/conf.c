/* SPDX-License-Identifier: MIT */
#include "base/conf.h"

#include <string.h>

uint64_t conf_max_downloads(const struct conf *c)
{
    if (c->max_downloads != CONF_AUTO)
        return c->max_downloads;
    return c->workers > 2 ? c->workers - 2 : c->workers - 1;
}

uint64_t conf_max_downloads_per_client(const struct conf *c)
{
    if (c->max_downloads_per_client != CONF_AUTO)
        return c->max_downloads_per_client;
    return (conf_max_downloads(c) + 1) / 2;
}

const char *conf_root_path(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->root_count; i++)
        if (strcmp(c->roots[i].name, name) == 0)
            return c->roots[i].path;
    return NULL;
}
