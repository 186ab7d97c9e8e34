/* SPDX-License-Identifier: MIT */
/* What getopt_long(3) found wrong, in words. */
#ifndef WADOZIP_BASE_OPTION_H
#define WADOZIP_BASE_OPTION_H

#include <stddef.h>

/*
 * Describe the option for which getopt_long() returned `key`, '?' or ':' (the option string begins with a colon, after "+" if
 * there is one): that it is unknown, lacks its value or takes none.
 */
void option_describe(int key, char *const *argv, char *out, size_t room);

#endif
