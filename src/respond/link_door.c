/* SPDX-License-Identifier: MIT */
#include "respond/link_door.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "base/num.h"
#include "fastcgi/records.h"
#include "base/uri.h"

#define COOKIE "wadozip_link"
#define COOKIE_SECONDS (12 * 3600)
#define HOUR 3600
#define FORM_MAX 1024 /* bytes of a form */
#define FORM_SECONDS 5.0
#define FIELD "passcode="

static int make_code(const struct link_use *l, const char *purpose, int64_t number,
                     char out[SECRET_MAC], struct err *e)
{
    char text[128];

    snprintf(text, sizeof text, "%s %s %" PRId64, l->path.token, purpose, number);
    return secret_mac(l->link.passcode, text, out, e);
}

bool link_door_resumes(const struct request_in *in)
{
    const char *tag = in->if_range ? in->if_range : in->if_match, *first = in->range;

    if (!tag || *tag != '"' || !first || strncmp(first, "bytes=", 6) != 0)
        return false;
    first += 6;
    return *first >= '0' && *first <= '9' && strtoull(first, NULL, 10) > 0;
}

/* Check a key of this hour, of the one before, or of one in which a download
 * that is resumed may have begun. */
static int key_is_good(const struct link_use *l, const struct request_in *in, uint64_t grace,
                       bool *good, struct err *e)
{
    int64_t hour = (int64_t)time(NULL) / HOUR, oldest = hour - 1;
    char code[SECRET_MAC];

    if (link_door_resumes(in))
        oldest -= (int64_t)(grace / HOUR);
    for (*good = false; !*good && hour >= oldest; hour--) {
        if (make_code(l, "key", hour, code, e))
            return -1;
        *good = secret_equal(code, l->path.key);
    }
    return 0;
}

/* Check one cookie's value: the time until which it is valid, a dot, the code.
 */
static int value_is_good(const struct link_use *l, const char *value, size_t len, bool *good,
                         struct err *e)
{
    const char *dot = memchr(value, '.', len);
    char code[SECRET_MAC], given[SECRET_MAC];
    uint64_t until;

    *good = false;
    if (!dot || !num_parse(value, (size_t)(dot - value), INT64_MAX, &until) ||
        until < (uint64_t)time(NULL))
        return 0;
    if (len - (size_t)(dot + 1 - value) != SECRET_MAC - 1)
        return 0;
    snprintf(given, sizeof given, "%.*s", SECRET_MAC - 1, dot + 1);
    if (make_code(l, "cookie", (int64_t)until, code, e))
        return -1;
    *good = secret_equal(code, given);
    return 0;
}

int link_door_is_open(const struct link_use *l, const struct request_in *in, const char *cookies,
                      uint64_t grace, bool *open, struct err *e)
{
    *open = false;
    if (*l->path.key && key_is_good(l, in, grace, open, e))
        return -1;
    for (const char *s = cookies; s && *s && !*open;) {
        size_t len = strcspn(s, ";");

        if (strncmp(s, COOKIE "=", sizeof COOKIE) == 0 &&
            value_is_good(l, s + sizeof COOKIE, len - sizeof COOKIE, open, e))
            return -1;
        s += len + (s[len] == ';');
        s += strspn(s, " ");
    }
    return 0;
}

int link_door_passcode(struct response *a, const char **out, struct err *e)
{
    struct records *r = a->wire->records;
    const char *value;
    char *text;

    if (records_input(r, a->wire->fd, FORM_MAX, FORM_SECONDS, e))
        return -1;
    text = mem_copy(&a->s->mem, r->input.data ? r->input.data : "", r->input.len, e);
    if (!text)
        return -1;
    for (value = text; strncmp(value, FIELD, strlen(FIELD)) != 0 && *value;)
        value += strcspn(value, "&") + (value[strcspn(value, "&")] == '&');
    value += *value ? strlen(FIELD) : 0;
    for (char *c = text; *c; c++)
        if (*c == '+')
            *c = ' ';
    *out = uri_decode(&a->s->mem, value, strcspn(value, "&\r\n"), "the passcode", e);
    return *out ? 0 : -1;
}

int link_door_cookie(const struct link_use *l, int64_t now, char out[LINK_DOOR_COOKIE_MAX],
                     struct err *e)
{
    char code[SECRET_MAC];
    int64_t until = now + COOKIE_SECONDS;
    int used;

    if (make_code(l, "cookie", until, code, e))
        return -1;
    used = snprintf(
        out, LINK_DOOR_COOKIE_MAX,
        "Location: %s\r\nSet-Cookie: " COOKIE "=%" PRId64 ".%s; Path=%s; Max-Age=%d; HttpOnly;"
        " SameSite=Strict%s\r\n",
        l->address, until, code, l->address, COOKIE_SECONDS, l->secure ? "; Secure" : "");
    return used < LINK_DOOR_COOKIE_MAX
               ? 0
               : err_set(e, ERR_URI_TOO_LONG, "the address of the link is too long");
}

const char *link_door_download(const struct link_use *l, struct mem *m, int64_t now, struct err *e)
{
    char code[SECRET_MAC];

    if (!*l->link.passcode)
        return mem_printf(m, e, "%s", l->address);
    if (make_code(l, "key", now / HOUR, code, e))
        return NULL;
    return mem_printf(m, e, "%s/k/%s", l->address, code);
}

void link_door_name(struct response *a, const struct request_in *in)
{
    char name[32] = "";

    if (a->link.link.id)
        snprintf(name, sizeof name, "link:%llu", (unsigned long long)a->link.link.id);
    response_name_client(a, in->remote_addr, *name ? name : NULL);
    a->link.secure = (in->https && strcasecmp(in->https, "on") == 0) ||
                     (in->scheme && strcasecmp(in->scheme, "https") == 0);
}
