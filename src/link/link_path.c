/* SPDX-License-Identifier: MIT */
#include "link/link_path.h"

#include <string.h>

#define SEGMENT "/s/"
#define KEY_SEGMENT "/k/"
#define KEY_LENGTH (SECRET_MAC - 1)

/* Return the token of a path, or null. */
static const char *find_token(const char *path, const char *end)
{
    const char *studies = strstr(path, "/studies");

    for (const char *s = path;
         (s = strstr(s, SEGMENT)) != NULL && s < end && !(studies && studies < s); s++) {
        const char *token = s + strlen(SEGMENT);

        if (secret_is_token(token, strcspn(token, "/?")))
            return token;
    }
    return NULL;
}

static bool is_path(const char *s, size_t len, const char *path)
{
    return strlen(path) == len && memcmp(s, path, len) == 0;
}

static enum link_resource resource_of(const char *s, size_t len, enum link_form *form)
{
    static const char *const forms[] = {[LINK_AS_MADE] = "/archive.zip",
                                        [LINK_MANIFEST] = "/manifest.zip",
                                        [LINK_MEDIUM] = "/dicomdir.zip"};

    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (is_path(s, len, forms[i])) {
            *form = (enum link_form)i;
            return LINK_ARCHIVE;
        }
    }
    if (len == 0 || is_path(s, len, "/"))
        return LINK_PAGE;
    if (strncmp(s, "/studies", 8) == 0 || strncmp(s, "/series", 7) == 0 ||
        strncmp(s, "/instances", 10) == 0)
        return LINK_DICOMWEB;
    return LINK_NONE;
}

/* Take the segments with a key off the rest of a path. */
static const char *take_link_key(const char *rest, char key[SECRET_MAC])
{
    const char *s = rest + strlen(KEY_SEGMENT);

    *key = '\0';
    if (strncmp(rest, KEY_SEGMENT, strlen(KEY_SEGMENT)) != 0 ||
        strspn(s, "0123456789abcdef") != KEY_LENGTH)
        return rest;
    memcpy(key, s, KEY_LENGTH);
    key[KEY_LENGTH] = '\0';
    return s + KEY_LENGTH;
}

int link_path_parse(const char *uri, struct mem *m, struct link_path *out, bool *is_link,
                    struct err *e)
{
    const char *path = uri, *authority = strstr(uri, "://"), *end, *token, *rest;

    *out = (struct link_path){.resource = LINK_NONE};
    if (*uri != '/' && authority)
        path = authority + 3 + strcspn(authority + 3, "/?");
    end = path + strcspn(path, "?");
    token = find_token(path, end);
    *is_link = token != NULL;
    if (!token)
        return 0;
    memcpy(out->token, token, SECRET_TOKEN);
    out->base = mem_copy(m, path, (size_t)(token + SECRET_TOKEN - path), e);
    rest = take_link_key(token + SECRET_TOKEN, out->key);
    out->resource = resource_of(rest, (size_t)(end - rest), &out->form);
    return out->base ? 0 : -1;
}

void link_path_address(const struct conf *c, const char *origin, const char *token, struct buf *out)
{
    const char *host = strstr(c->public_url, "://");

    if (strcmp(c->link_url, "none") != 0)
        buf_printf(out, "%s/%s", c->link_url, token);
    else if (host)
        buf_printf(out, "%.*s/s/%s", (int)(host + 3 + strcspn(host + 3, "/") - c->public_url),
                   c->public_url, token);
    else
        buf_printf(out, "%s/s/%s", origin, token);
}
