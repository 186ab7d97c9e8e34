/* SPDX-License-Identifier: MIT */
#include "base/dos_time.h"

#include <stdbool.h>

static bool is_date(int64_t year, int64_t month, int64_t day)
{
    static const int days[] = {0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return year >= 1980 && year <= 2107 && month >= 1 && month <= 12 && day >= 1 &&
           day <= days[month] && (month != 2 || day != 29 || leap);
}

uint32_t dos_time(int64_t acquired)
{
    int64_t date = acquired / 1000000, time = acquired % 1000000;
    int64_t year = date / 10000, month = date / 100 % 100, day = date % 100;
    int64_t hour = time / 10000, minute = time / 100 % 100, second = time % 100;

    if (acquired <= 0 || !is_date(year, month, day) || hour > 23 || minute > 59 || second > 60)
        return 0x00210000;
    if (second == 60) /* a leap second (PS3.5 6.2, TM) has no place in a DOS time */
        second = 59;
    return (uint32_t)((year - 1980) << 25 | month << 21 | day << 16 | hour << 11 | minute << 5 |
                      second / 2);
}
