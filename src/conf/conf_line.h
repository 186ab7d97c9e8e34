/* SPDX-License-Identifier: MIT */
/* A setting whose key contains a name: s3.NAME.KEY, deid.NAME.KEY. */
#ifndef WADOZIP_CONF_CONF_LINE_H
#define WADOZIP_CONF_CONF_LINE_H

#include "base/err.h"

struct conf_line {
    const char *key, *value; /* key: NAME.KEY */
    const char *where;       /* for messages */
    bool once;               /* a second value is an error */
};

#endif
