/* SPDX-License-Identifier: MIT */
/* Parse bounded numbers. The whole string must be the number: no white space,
 * no rest. */
#ifndef WADOZIP_BASE_NUM_H
#define WADOZIP_BASE_NUM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Parse len bytes of 1 to 20 decimal digits. Returns false above max or for
 * other text. */
bool num_parse(const char *s, size_t len, uint64_t max, uint64_t *value);

/* Parse a number at the start of s, with an optional minus sign, followed by
 * `end`. Returns a pointer past `end`, or null. */
const char *num_take(const char *s, char end, int64_t min, int64_t max, int64_t *value);

/* Parse a whole string, with an optional minus sign. */
bool num_parse_signed(const char *s, int64_t min, int64_t max, int64_t *value);

/* Parse a size of the settings: digits and optionally K, M, G or T (powers of
 * 1024). */
bool num_parse_size(const char *s, uint64_t max, uint64_t *value);

#endif
