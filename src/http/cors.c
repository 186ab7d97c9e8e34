/* SPDX-License-Identifier: MIT */
#include "http/cors.h"

#include <string.h>

#define BLANKS " \t"

/* Compare origins in the form that browsers send (RFC 6454 6.2). */
static bool is_listed(const char *allowed, const char *origin)
{
    size_t len = strlen(origin);

    for (const char *s = allowed + strspn(allowed, BLANKS); *s; s += strspn(s, BLANKS)) {
        size_t n = strcspn(s, BLANKS);

        if (n == len && memcmp(s, origin, n) == 0)
            return true;
        s += n;
    }
    return false;
}

static bool is_off(const char *allowed)
{
    return strcmp(allowed, "none") == 0;
}

static bool is_any(const char *allowed)
{
    return strcmp(allowed, "*") == 0;
}

static void add_exposed(struct buf *out)
{
    buf_str(
        out,
        "Access-Control-Expose-Headers: Accept-Ranges, Content-Disposition, Content-Length, Content-Location,"
        " Content-Range, ETag, Repr-Digest, Retry-After, Warning\r\n");
}

void cors_fields(const char *allowed, const char *origin, struct buf *out)
{
    if (is_off(allowed))
        return;
    if (is_any(allowed)) {
        buf_str(out, "Access-Control-Allow-Origin: *\r\n");
        add_exposed(out);
        return;
    }
    buf_str(out, "Vary: Origin\r\n"); /* also without an Origin field: a cache must not give that
                                       * response to a page */
    if (!origin || !is_listed(allowed, origin))
        return;
    buf_printf(out, "Access-Control-Allow-Origin: %s\r\nAccess-Control-Allow-Credentials: true\r\n",
               origin);
    add_exposed(out);
}

bool cors_is_preflight(const char *allowed, const char *method, const char *origin,
                       const char *wished_method)
{
    if (is_off(allowed) || !method || strcmp(method, "OPTIONS") != 0 || !origin || !wished_method)
        return false;
    return is_any(allowed) || is_listed(allowed, origin);
}

void cors_preflight(struct buf *out)
{
    buf_str(
        out,
        "Status: 204 No Content\r\n"
        "Access-Control-Allow-Methods: GET, HEAD, OPTIONS\r\n"
        "Access-Control-Allow-Headers: accept, authorization, content-type, if-match, if-none-match, if-range,"
        " range\r\n"
        "Access-Control-Max-Age: 7200\r\n\r\n");
}
