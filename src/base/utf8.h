/* SPDX-License-Identifier: MIT */
/* UTF-8, as strict as it has to be for text that comes out of hostile files. */
#ifndef WADOZIP_BASE_UTF8_H
#define WADOZIP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Bytes of the printable character that the n bytes at s (n > 0) begin with: 1 to 4, or 0 for a control character (also
 * U+0080 to U+009F), a surrogate, an over-long or cut form (RFC 3629 3).
 */
size_t utf8_character(const char *s, size_t n);

/* True when the array of `room` bytes holds a terminated string of printable characters. */
bool utf8_is_text(const char *s, size_t room);

#endif
