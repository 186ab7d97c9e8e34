/* SPDX-License-Identifier: MIT */
/* The table of settings, one row per key, in display order. Private to
 * settings.c. */
#ifndef WADOZIP_CONF_CONF_ROWS_H
#define WADOZIP_CONF_CONF_ROWS_H

#include "conf/conf.h"

#define CONF_ROWS_MAX 96

/* Types up to ROW_HOST are strings; ROW_CHOICE is an enum, the others are
 * uint64_t. */
enum conf_row_type {
    ROW_TEXT,
    ROW_URL,
    ROW_VIEWER,
    ROW_NETS,
    ROW_ORIGINS,
    ROW_VARIABLE,
    ROW_HOST,
    ROW_CHOICE,
    ROW_NUMBER,
    ROW_SIZE,
    ROW_AUTO
};

struct conf_row {
    const char *key;
    enum conf_row_type type;
    size_t field;         /* offset in struct conf */
    const char *standard; /* the default */
    const char *choices;  /* ROW_CHOICE: words between bars; the first is 0 */
    uint64_t min, max;
    const char *help;
};

extern const struct conf_row conf_rows[];
extern const size_t conf_row_count;

#endif
