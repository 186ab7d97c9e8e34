/* SPDX-License-Identifier: MIT */
/* Check an installation from outside: what web server and proxies make of the
 * service. */
#ifndef WADOZIP_CLI_SITE_CHECK_H
#define WADOZIP_CLI_SITE_CHECK_H

#include "base/err.h"

struct site_check_setup {
    const char *url;    /* of the service up to /studies */
    const char *user;   /* NAME:PASSWORD, or null */
    const char *cacert; /* PEM file, or null */
    const char *study;  /* Study Instance UID, or null: the first that a search finds */
    const char *origin; /* of a page that must be able to read, or null */
    bool insecure;
};

/* Print a line for each finding, and after a bad one the lines of the web
 * server's settings that cure it. Returns the number of bad ones. */
unsigned site_check_run(const struct site_check_setup *s);

#endif
