/* SPDX-License-Identifier: MIT */
/* A growing byte string with a cap. A failed addition marks the buffer as
 * failed, so callers add many pieces and check once with buf_check(). */
#ifndef WADOZIP_BASE_BUF_H
#define WADOZIP_BASE_BUF_H

#include <stddef.h>

#include "base/err.h"

struct buf {
    char *data; /* NUL-terminated when not null */
    size_t len, room, cap;
    bool failed;
};

void buf_init(struct buf *b, size_t cap);
void buf_release(struct buf *b);

/* Empty the buffer and clear its failure. Keeps its memory. */
void buf_clear(struct buf *b);

void buf_add(struct buf *b, const void *data, size_t len);
void buf_str(struct buf *b, const char *s);
void buf_hex(struct buf *b, const void *data, size_t len); /* two digits for each byte */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Fails with ERR_MEMORY, naming `what`, if any addition failed. */
int buf_check(const struct buf *b, const char *what, struct err *e) MUST_CHECK;

#endif
