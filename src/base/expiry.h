/* SPDX-License-Identifier: MIT */
/* Times until which grants and links are valid: 30m, 12h, 7d, 4w. */
#ifndef WADOZIP_BASE_EXPIRY_H
#define WADOZIP_BASE_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#define EXPIRY_MAX ((uint64_t)100 * 366 * 86400) /* seconds */

/*
 * Parse a time from now: a number and m, h, d or w (minutes to weeks). Returns
 * false for other text, for 0, and above EXPIRY_MAX.
 */
bool expiry_parse(const char *text, uint64_t *seconds);

#endif
