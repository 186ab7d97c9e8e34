/* SPDX-License-Identifier: MIT */
/* Check the text of settings. */
#ifndef WADOZIP_CONF_CONF_VALUE_H
#define WADOZIP_CONF_CONF_VALUE_H

#include <stdbool.h>

/*
 * Return whether s can start an address in a header field, in JSON and in XML
 * without escaping (RFC 3986 2).
 */
bool conf_value_is_url(const char *s);

/* Return whether s is an address, or a path, that contains {studies}. */
bool conf_value_is_viewer(const char *s);

/*
 * Return whether s is "none", "*", or a list of origins: scheme, host and port,
 * in lower case, as browsers send them (RFC 6454 6.2).
 */
bool conf_value_are_origins(const char *s);

/* Return whether s names a CGI variable. Those that begin with HTTP_ are header
 * fields of the request (RFC 3875 4.1.18). */
bool conf_value_is_variable(const char *s);

#endif
