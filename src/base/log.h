/* SPDX-License-Identifier: MIT */
/* The log: one line per event on standard error, which systemd, lighttpd and
 * Apache collect. A line has the level, the program, the process and, during a
 * request, the request's id. In systemd's journal its priority ("<3>") comes
 * first. At the default level no line contains patient data; file paths and
 * UIDs are logged because an operator needs them. Control characters and
 * invisible characters are replaced (harmless.h). With log_format = json a line
 * is an object with the members time, level, program, pid, request and message,
 * and at the end of a request those of log_fields(). */
#ifndef WADOZIP_BASE_LOG_H
#define WADOZIP_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/* In the order of the words of the setting log_level. */
enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

/* In the order of the words of the setting log_format. */
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Set the name in all lines (not copied) and the least important level to
 * write. */
void log_open(const char *program, enum log_level level);

/* Write lines as text, which is the default, or each as a JSON object (RFC
 * 8259). */
void log_set_format(enum log_format format);

/* A value that a line in JSON has besides its message; text null: a number. */
struct log_field {
    const char *name, *text;
    uint64_t number;
};

/* Add values to the next line, if that is in JSON. Borrowed until then. */
void log_fields(const struct log_field *fields, size_t count);

/* Set the id for the following lines; null for none. Not copied. */
void log_request(const char *id);

void log_error(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
void log_warn(const char *format, ...) __attribute__((format(printf, 1, 2), cold));
void log_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
