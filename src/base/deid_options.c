/* SPDX-License-Identifier: MIT */
#include "base/deid_options.h"

#include <stdio.h>
#include <string.h>

#define SEPARATORS ", \t"

static const struct {
    const char *name;
    unsigned option;
} names[] = {{"basic", 0},
             {"uids", DEID_UIDS},
             {"device", DEID_DEVICE},
             {"institution", DEID_INSTITUTION},
             {"patient", DEID_PATIENT},
             {"full-dates", DEID_FULL_DATES},
             {"modified-dates", DEID_MODIFIED_DATES},
             {"safe-private", DEID_SAFE_PRIVATE}};

#define NAMES (sizeof names / sizeof *names)

bool deid_options_parse(const char *list, unsigned *options)
{
    *options = 0;
    for (list += strspn(list, SEPARATORS); *list; list += strspn(list, SEPARATORS)) {
        size_t len = strcspn(list, SEPARATORS), i = 0;

        while (i < NAMES && (len != strlen(names[i].name) || memcmp(list, names[i].name, len) != 0))
            i++;
        if (i == NAMES)
            return false;
        *options |= names[i].option;
        list += len;
    }
    return !(*options & DEID_FULL_DATES) || !(*options & DEID_MODIFIED_DATES);
}

void deid_options_format(unsigned options, char out[DEID_OPTIONS_TEXT])
{
    size_t len = (size_t)snprintf(out, DEID_OPTIONS_TEXT, "%s", names[0].name);

    for (size_t i = 1; i < NAMES; i++)
        if (options & names[i].option)
            len += (size_t)snprintf(out + len, DEID_OPTIONS_TEXT - len, " %s", names[i].name);
}
