/* SPDX-License-Identifier: MIT */
/* Describe the errors of getopt_long(3). */
#ifndef WADOZIP_BASE_OPTION_H
#define WADOZIP_BASE_OPTION_H

#include <stddef.h>

/*
 * Describe the error for which getopt_long() returned `key`, '?' or ':'. The
 * option string must begin with a colon, after a "+" if there is one. The text
 * says that the option is unknown, lacks its value, or takes no value.
 */
void option_describe(int key, char *const *argv, char *out, size_t room);

#endif
