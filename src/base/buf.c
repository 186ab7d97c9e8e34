/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <stdarg.h>
#include <stdint.h>

#include "base/hex.h"
#include "base/mem.h"

void buf_init(struct buf *b, size_t cap)
{
    *b = (struct buf){.cap = cap};
}

void buf_release(struct buf *b)
{
    free(b->data);
    *b = (struct buf){.cap = b->cap};
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->failed = false;
    if (b->data)
        b->data[0] = '\0';
}

/* Return the bytes that can be written now, with the terminating one. */
static size_t room_left(const struct buf *b)
{
    return b->failed ? 0 : b->room - b->len;
}

static bool grow(struct buf *b, size_t more)
{
    const struct mem_elements bytes = {1, b->cap + 1, "bytes"};
    struct err e = ERR_INIT;

    if (!b->failed &&
        (more > b->cap || mem_grow(&b->data, &b->room, b->len + more + 1, &bytes, &e)))
        b->failed = true;
    return !b->failed;
}

static bool reserve(struct buf *b, size_t more)
{
    return more < room_left(b) || grow(b, more);
}

void buf_add(struct buf *b, const void *data, size_t len)
{
    if (!reserve(b, len))
        return;
    memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void buf_hex(struct buf *b, const void *data, size_t len)
{
    if (len > SIZE_MAX / 2 || !reserve(b, 2 * len))
        b->failed = true;
    else
        b->len = (size_t)(hex_write(b->data + b->len, data, len) - b->data);
}

void buf_str(struct buf *b, const char *s)
{
    buf_add(b, s, strlen(s));
}

void buf_printf(struct buf *b, const char *format, ...)
{
    const size_t left = room_left(b);
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(left ? b->data + b->len : NULL, left, format, args);
    va_end(args);
    if (n >= 0 && (size_t)n < left) {
        b->len += (size_t)n;
        return;
    }
    if (n < 0 || !reserve(b, (size_t)n)) {
        if (left)
            b->data[b->len] = '\0';
        b->failed = true;
        return;
    }
    va_start(args, format);
    vsnprintf(b->data + b->len, (size_t)n + 1, format, args);
    va_end(args);
    b->len += (size_t)n;
}

int buf_check(const struct buf *b, const char *what, struct err *e)
{
    if (b->failed)
        return err_set(e, ERR_MEMORY, "%s needs more than %zu bytes", what, b->cap);
    return 0;
}
