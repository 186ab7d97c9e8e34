/* SPDX-License-Identifier: MIT */
#include "fastcgi/cgi_params.h"

#include <stddef.h>

struct row {
    const char *name;
    size_t field; /* offset in struct request_in */
};

static const struct row table[] = {
    {"REQUEST_METHOD", offsetof(struct request_in, method)},
    {"REQUEST_URI", offsetof(struct request_in, uri)},
    {"SCRIPT_NAME", offsetof(struct request_in, script_name)},
    {"PATH_INFO", offsetof(struct request_in, path_info)},
    {"QUERY_STRING", offsetof(struct request_in, query)},
    {"HTTP_ACCEPT", offsetof(struct request_in, accept)},
    {"HTTP_ACCEPT_ENCODING", offsetof(struct request_in, accept_encoding)},
    {"HTTP_RANGE", offsetof(struct request_in, range)},
    {"HTTP_IF_RANGE", offsetof(struct request_in, if_range)},
    {"HTTP_IF_MATCH", offsetof(struct request_in, if_match)},
    {"HTTP_IF_NONE_MATCH", offsetof(struct request_in, if_none_match)},
    {"HTTP_IF_MODIFIED_SINCE", offsetof(struct request_in, if_modified_since)},
    {"HTTP_IF_UNMODIFIED_SINCE", offsetof(struct request_in, if_unmodified_since)},
    {"REMOTE_USER", offsetof(struct request_in, remote_user)},
    {"REMOTE_ADDR", offsetof(struct request_in, remote_addr)},
    {"HTTP_HOST", offsetof(struct request_in, host)},
    {"SERVER_NAME", offsetof(struct request_in, server_name)},
    {"SERVER_ADDR", offsetof(struct request_in, server_addr)},
    {"SERVER_PORT", offsetof(struct request_in, server_port)},
    {"HTTP_FORWARDED", offsetof(struct request_in, forwarded)},
    {"HTTP_X_FORWARDED_FOR", offsetof(struct request_in, forwarded_for)},
    {"HTTP_X_FORWARDED_PROTO", offsetof(struct request_in, forwarded_proto)},
    {"HTTP_X_FORWARDED_HOST", offsetof(struct request_in, forwarded_host)},
    {"HTTP_X_FORWARDED_PREFIX", offsetof(struct request_in, forwarded_prefix)},
    {"HTTPS", offsetof(struct request_in, https)},
    {"REQUEST_SCHEME", offsetof(struct request_in, scheme)},
};

const char *cgi_params_find(char *const *envp, const char *name)
{
    size_t len = strlen(name);

    for (; *envp; envp++)
        if (strncmp(*envp, name, len) == 0 && (*envp)[len] == '=')
            return *envp + len + 1;
    return NULL;
}

static bool empty_means_something(const struct row *r)
{
    return r->field == offsetof(struct request_in, accept);
}

static int cgi_params_too_long(const struct row *r, struct err *e)
{
    if (r->field == offsetof(struct request_in, uri))
        return err_set(e, ERR_URI_TOO_LONG, "the address is longer than %d bytes", CGI_PARAMS_MAX);
    return err_set(e, ERR_REQUEST, "%s is longer than %d bytes", r->name, CGI_PARAMS_MAX);
}

int cgi_params_read(char *const *envp, struct mem *m, struct request_in *out, struct err *e)
{
    *out = (struct request_in){0};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        const struct row *r = &table[i];
        const char *value = cgi_params_find(envp, r->name);
        const char **field = (const char **)(void *)((char *)out + r->field);

        if (!value || (!*value && !empty_means_something(r)))
            continue;
        if (strnlen(value, CGI_PARAMS_MAX + 1) > CGI_PARAMS_MAX)
            return cgi_params_too_long(r, e);
        *field = mem_strdup(m, value, e);
        if (!*field)
            return -1;
    }
    return 0;
}
