/* SPDX-License-Identifier: MIT */
/* Hexadecimal digits. */
#ifndef WADOZIP_BASE_HEX_H
#define WADOZIP_BASE_HEX_H

#include <stddef.h>

#define HEX_DIGITS "0123456789abcdef"
#define HEX_DIGITS_UPPER "0123456789ABCDEF"

/* Write the len bytes at data as lower-case digits and a NUL: 2 * len + 1
 * bytes. Returns the address of the NUL. */
char *hex_write(char *out, const void *data, size_t len);

/* The value of a digit of either case, -1 for any other character. */
int hex_value(char c);

#endif
