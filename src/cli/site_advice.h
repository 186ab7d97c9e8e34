/* SPDX-License-Identifier: MIT */
/* The lines of a web server's settings that cure what `wadozip doctor URL`
 * finds. Pure. */
#ifndef WADOZIP_CLI_SITE_ADVICE_H
#define WADOZIP_CLI_SITE_ADVICE_H

#include <stdio.h>

enum site_server { SITE_NGINX, SITE_APACHE, SITE_LIGHTTPD, SITE_CADDY, SITE_SERVERS };

enum site_problem {
    SITE_CODED,     /* an archive arrives compressed, without its length */
    SITE_SPOOLED,   /* the server may collect an archive before or while it sends it */
    SITE_RANGES,    /* ranges do not arrive, or are ignored */
    SITE_PREFLIGHT, /* OPTIONS needs a password */
    SITE_STATUS,    /* /health or /metrics can be read from outside */
    SITE_PLAIN,     /* no TLS */
    SITE_LINKS,     /* /s does not lead to the service */
    SITE_PROBLEMS
};

/* Return the server that a Server field names; SITE_SERVERS if it names none
 * that is known. */
enum site_server site_server_of(const char *field);

/* Return the lines to add or to change. */
const char *site_advice_lines(enum site_problem problem, enum site_server server);

/* Print the lines for each server, those for `first` (or SITE_SERVERS) before
 * the others: a proxy may pass on the name of the server after it. */
void site_advice_print(enum site_problem problem, enum site_server first, FILE *out);

#endif
