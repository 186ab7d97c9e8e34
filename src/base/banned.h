/* SPDX-License-Identifier: MIT */
/*
 * Make banned calls a compile error: unbounded copies, static buffers, numbers
 * parsed without limits, and output that bypasses the log. err.h includes this
 * header.
 */
#ifndef WADOZIP_BASE_BANNED_H
#define WADOZIP_BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Some C libraries define these as macros, and macros cannot be poisoned. */
#undef strcpy
#undef strcat
#undef sprintf
#undef vsprintf
#undef strtok
#undef mktemp
#undef tempnam
#undef atof
#undef alloca

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok tmpnam mktemp tempnam
#pragma GCC poison atoi atol atoll atof asctime ctime
#pragma GCC poison system popen alloca

#endif
