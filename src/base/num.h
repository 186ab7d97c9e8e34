/* Numbers out of text, with bounds; the whole string must be the number: no sign, no white space, no rest. */
#ifndef WADOZIP_BASE_NUM_H
#define WADOZIP_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* True, and *value, when the len bytes at s are 1 to 20 decimal digits that make a number of at most max. */
bool num_parse(const char *s, size_t len, uint64_t max, uint64_t *value);

/* A number at the front of s, with an optional minus sign and followed by `end`: what comes behind that, null for none. */
const char *num_take(const char *s, char end, int64_t min, int64_t max, int64_t *value);

/* The same for a whole NUL-terminated string. */
bool num_parse_signed(const char *s, int64_t min, int64_t max, int64_t *value);

/* A size as settings have it: digits and optionally K, M, G or T (powers of 1024). */
bool num_parse_size(const char *s, uint64_t max, uint64_t *value);

#endif
