/* SPDX-License-Identifier: MIT */
/* The table of settings: a row for each key, in the order in which they are shown. For conf.c alone. */
#ifndef WADOZIP_BASE_CONF_ROWS_H
#define WADOZIP_BASE_CONF_ROWS_H

#include "base/conf.h"

#define CONF_ROWS_MAX 64 /* a bit for each row */

/* Up to ROW_CHOICE a string. */
enum conf_row_type { ROW_TEXT, ROW_URL, ROW_NETS, ROW_ORIGINS, ROW_CHOICE, ROW_NUMBER, ROW_SIZE, ROW_AUTO };

struct conf_row {
    const char *key;
    enum conf_row_type type;
    size_t field;         /* offset in struct conf */
    const char *standard; /* the default */
    const char *choices;  /* ROW_CHOICE: words between bars */
    uint64_t min, max;
    const char *help;
};

extern const struct conf_row conf_rows[];
extern const size_t conf_row_count;

#endif
