/* SPDX-License-Identifier: MIT */
/* Text of others for a terminal or a log: one line that shows all that it holds, in the order in which it holds it. */
#ifndef WADOZIP_BASE_HARMLESS_H
#define WADOZIP_BASE_HARMLESS_H

#include <stddef.h>

/*
 * Copy text into out, of `room` bytes. Control characters become '?'; characters of UTF-8 that cannot be seen or that turn
 * the direction of writing become \u202e and the like; bytes that are no UTF-8 become \x9f and the like. Cut before what
 * does not fit. Returns the bytes without the NUL.
 */
size_t harmless_copy(char *out, size_t room, const char *text);

#endif
