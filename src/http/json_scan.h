/* SPDX-License-Identifier: MIT */
/* Reads a JSON object (RFC 8259) from a request's body, without recursion: its
 * values are strings, words and arrays of strings. Pure. All functions fail
 * with ERR_UNPROCESSABLE, naming the expected text and how far before the end.
 */
#ifndef WADOZIP_HTTP_JSON_SCAN_H
#define WADOZIP_HTTP_JSON_SCAN_H

#include <stddef.h>

#include "base/err.h"

#define JSON_SCAN_STRING 8192 /* bytes of a string */
#define JSON_SCAN_WORD 32     /* bytes of a number, true, false or null */

/* A cursor, with the string or word that was read last. */
struct json_scan {
    const char *at, *end;
    char text[JSON_SCAN_STRING + 1];
    size_t len;
};

typedef int json_scan_each(void *ctx, struct json_scan *s, struct err *e);

/* Read an object. Calls `each` after each key (in s->text) and colon; it reads
 * the value. */
int json_scan_object(const char *data, size_t len, json_scan_each *each, void *ctx,
                     struct err *e) MUST_CHECK;

/* Take a character after blanks. Returns whether it was present. */
bool json_scan_take(struct json_scan *s, char c);

/* Take a string into s->text, or an unquoted number, true, false or null. */
int json_scan_string(struct json_scan *s, const char *wanted, struct err *e) MUST_CHECK;
int json_scan_word(struct json_scan *s, struct err *e) MUST_CHECK;

/* Return whether a string follows. */
bool json_scan_is_string(struct json_scan *s);

/* Take null if it follows. Returns whether it did. */
bool json_scan_null(struct json_scan *s);

/* Take a string of at most so many characters, none of them a control
 * character. `what`: for messages. */
int json_scan_text(struct json_scan *s, const char *what, size_t most, struct err *e) MUST_CHECK;

/* Take an array of strings and call `each` for each of them. */
int json_scan_array(struct json_scan *s, json_scan_each *each, void *ctx, struct err *e) MUST_CHECK;

/* Report that something else was expected. Returns -1. */
int json_scan_bad(const struct json_scan *s, const char *wanted, struct err *e);

#endif
