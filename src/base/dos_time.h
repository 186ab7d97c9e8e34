/* SPDX-License-Identifier: MIT */
/* Dates as MS-DOS has them, in ZIP archives. */
#ifndef WADOZIP_BASE_DOS_TIME_H
#define WADOZIP_BASE_DOS_TIME_H

#include <stdint.h>

/* Convert YYYYMMDDhhmmss to a DOS date in the high half and a DOS time in the
 * low half (APPNOTE 4.4.6). Returns 1980-01-01 00:00:00 for 0 and for every
 * date or time that does not exist or does not fit. */
uint32_t dos_time(int64_t acquired);

#endif
