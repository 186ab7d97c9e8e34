/* SPDX-License-Identifier: MIT */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>

#include "base/harmless.h"

static const char *const kind_names[ERR_KINDS] = {
    [ERR_NONE] = "none",
    [ERR_REQUEST] = "request",
    [ERR_AUTH] = "auth",
    [ERR_FORBIDDEN] = "forbidden",
    [ERR_NOT_FOUND] = "not-found",
    [ERR_METHOD] = "method",
    [ERR_NOT_ACCEPTABLE] = "not-acceptable",
    [ERR_GONE] = "gone",
    [ERR_PRECONDITION] = "precondition",
    [ERR_TOO_LARGE] = "too-large",
    [ERR_URI_TOO_LONG] = "uri-too-long",
    [ERR_MEDIA_TYPE] = "media-type",
    [ERR_UNPROCESSABLE] = "unprocessable",
    [ERR_RANGE] = "range",
    [ERR_TOO_MANY] = "too-many",
    [ERR_LATER] = "not ready",
    [ERR_BUSY] = "busy",
    [ERR_AWAY] = "away",
    [ERR_DATA] = "data",
    [ERR_SYSTEM] = "system",
    [ERR_MEMORY] = "memory",
    [ERR_HELPER] = "helper",
    [ERR_PEER] = "peer",
    [ERR_CONFIG] = "config",
};

/* File names and database messages can contain line breaks and worse; log lines
 * must not. */
static void make_printable(char text[ERR_TEXT_MAX])
{
    char raw[ERR_TEXT_MAX];

    memcpy(raw, text, ERR_TEXT_MAX);
    harmless_copy(text, ERR_TEXT_MAX, raw);
}

__attribute__((format(printf, 4, 0)))
static void err_fill(struct err *e, enum err_kind kind, int sys, const char *format, va_list args)
{
    int n = vsnprintf(e->text, sizeof e->text, format, args);

    e->kind = kind;
    e->sys = sys;
    e->sqlstate[0] = '\0';
    if (sys && n >= 0 && (size_t)n < sizeof e->text - 2) {
        char buf[128];

        snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", strerror_r(sys, buf, sizeof buf));
    }
    make_printable(e->text);
}

int err_set(struct err *e, enum err_kind kind, const char *format, ...)
{
    va_list args;

    if (e->kind != ERR_NONE)
        return -1;
    va_start(args, format);
    err_fill(e, kind, 0, format, args);
    va_end(args);
    return -1;
}

int err_sys(struct err *e, enum err_kind kind, const char *format, ...)
{
    int sys = errno;
    va_list args;

    if (e->kind != ERR_NONE)
        return -1;
    va_start(args, format);
    err_fill(e, kind, sys, format, args);
    va_end(args);
    return -1;
}

int err_pass(struct err *e, const struct err *why)
{
    if (e->kind == ERR_NONE)
        *e = *why;
    return -1;
}

void err_clear(struct err *e)
{
    *e = (struct err)ERR_INIT;
}

const char *err_kind_name(enum err_kind kind)
{
    return (unsigned)kind < ERR_KINDS ? kind_names[kind] : "unknown";
}
