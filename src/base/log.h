/* SPDX-License-Identifier: MIT */
/*
 * The log: one line an event on standard error, where systemd, lighttpd and Apache collect it. A line bears the level,
 * the program, the process and, while a request is served, the request's id; in front of it, if that is systemd's journal,
 * its priority ("<3>"). At the default level no line holds patient data; file paths and UIDs are logged so that an operator
 * can act. Control characters and those that cannot be seen are replaced (harmless.h).
 */
#ifndef WADOZIP_BASE_LOG_H
#define WADOZIP_BASE_LOG_H

#include "base/err.h"

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* The name that lines bear (not copied) and the least important level that is still written. */
void log_open(const char *program, enum log_level level);

/* The id that the following lines bear; null for none. Not copied. */
void log_request(const char *id);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "error", "warn", "info", "debug" to a level; false for anything else. */
bool log_level_parse(const char *name, enum log_level *level);

#endif
