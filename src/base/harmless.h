/* SPDX-License-Identifier: MIT */
/*
 * Text from outside for a terminal or a log: one line, every character visible,
 * in logical order.
 */
#ifndef WADOZIP_BASE_HARMLESS_H
#define WADOZIP_BASE_HARMLESS_H

#include <stddef.h>

/*
 * Copy text into out, which has `room` bytes. Replaces control characters with
 * '?'. Escapes invisible characters and those that change the writing direction
 * as \u202e, and bytes that are not UTF-8 as \x9f. Truncates at a character
 * boundary. Returns the length without the NUL.
 */
size_t harmless_copy(char *out, size_t room, const char *text);

#endif
