/* SPDX-License-Identifier: MIT */
/* UTF-8 validation, strict enough for text from hostile files. */
#ifndef WADOZIP_BASE_UTF8_H
#define WADOZIP_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Decode the character that the n bytes at s (n > 0) begin with. Returns its
 * bytes, 1 to 4; 0 for a surrogate, an over-long or a cut form (RFC 3629 3). */
size_t utf8_decode(const char *s, size_t n, uint32_t *code);

/*
 * Return the size of the printable character at the start of the n bytes at s
 * (n > 0): 1 to 4, or 0 for a control character (also U+0080 to U+009F), a
 * surrogate, an overlong or a truncated form (RFC 3629 3).
 */
size_t utf8_character(const char *s, size_t n);

/* Return whether the array of `room` bytes contains a terminated string of
 * printable characters. */
bool utf8_is_text(const char *s, size_t room);

#endif
