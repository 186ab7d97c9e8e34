/* SPDX-License-Identifier: MIT */
/* Errors as values: a kind, the code of the system or the database, and one
 * sentence for the operator. Owned by the caller, without heap memory.
 *
 * A function that can fail returns 0 or -1 (or a null pointer) and fills the
 * struct err that is its last parameter. The first error is kept: a struct that
 * holds an error is not overwritten, so clean-up code cannot hide the cause. */
#ifndef WADOZIP_BASE_ERR_H
#define WADOZIP_BASE_ERR_H

#include <stdbool.h>

#include "base/banned.h"

#define ERR_TEXT_MAX 512

/* The meaning of an error for the client. http/response_header.c maps kinds to
 * HTTP statuses. */
enum err_kind {
    ERR_NONE = 0,
    ERR_REQUEST,        /* the request is malformed */
    ERR_AUTH,           /* authentication is required */
    ERR_FORBIDDEN,      /* the client may see it, but not do this with it */
    ERR_NOT_FOUND,      /* no such resource, or not granted to this client */
    ERR_METHOD,         /* the resource does not support the method */
    ERR_NOT_ACCEPTABLE, /* no acceptable representation */
    ERR_GONE,           /* the resource was removed */
    ERR_PRECONDITION,   /* If-Match or If-Unmodified-Since failed */
    ERR_TOO_LARGE,      /* more instances or bytes than the settings allow */
    ERR_URI_TOO_LONG,
    ERR_MEDIA_TYPE,     /* the request's body is of a type that is not read */
    ERR_UNPROCESSABLE,  /* the request's body cannot be carried out */
    ERR_RANGE,          /* no byte of the asked range exists */
    ERR_TOO_MANY,       /* this client has too many downloads, or sends too many requests */
    ERR_LATER,          /* it is being made: ask again */
    ERR_BUSY,           /* the service as a whole is at its limit */
    ERR_AWAY,           /* the database or a root cannot be reached: temporary */
    ERR_DATA,           /* a file is missing, changed or damaged */
    ERR_SYSTEM,         /* a system call failed */
    ERR_MEMORY,         /* a memory limit was reached, or allocation failed */
    ERR_HELPER,         /* wadozip-dicom failed, died or took too long */
    ERR_PEER,           /* the web server closed the connection */
    ERR_CONFIG,         /* a setting is wrong */
    ERR_KINDS
};

struct err {
    enum err_kind kind;
    int sys;                /* errno, or 0 */
    char sqlstate[6];       /* five characters, or "" */
    /* one sentence without a final full stop; control characters are replaced
     */
    char text[ERR_TEXT_MAX];
};

#define ERR_INIT {ERR_NONE, 0, "", ""}
#define MUST_CHECK __attribute__((warn_unused_result))

/* Fill *e unless it already holds an error. Returns -1, for `return
 * err_set(...)`. */
int err_set(struct err *e, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* Append errno and its text: "cannot open x: No such file or directory".
 * Returns -1. */
int err_sys(struct err *e, enum err_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), cold));

/* Copy another error unless *e already holds one. Returns -1. */
int err_pass(struct err *e, const struct err *why);

/* Clear a handled error. */
void err_clear(struct err *e);

/* Return a short word for a kind ("not-found", "data"), for the log. */
const char *err_kind_name(enum err_kind kind);

#endif
