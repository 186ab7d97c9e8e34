/*
 * An error as a value: what kind it is, the system's or the database's code, and one sentence for the person who runs the
 * service. Owned by the caller, without heap memory, safe to keep on the stack.
 *
 * A function that can fail returns 0 or -1 (or a null pointer) and fills the struct err it was given, its last argument.
 * The first cause wins: a struct that already holds an error is not overwritten, so clean-up code cannot hide the reason.
 */
#ifndef WADOZIP_BASE_ERR_H
#define WADOZIP_BASE_ERR_H

#include <stdbool.h>

#include "base/banned.h"

#define ERR_TEXT_MAX 512

/* What a failure means to the one who asked. http/reply.c has the one table from kind to HTTP status. */
enum err_kind {
    ERR_NONE = 0,
    ERR_REQUEST,        /* the request is malformed */
    ERR_AUTH,           /* the requester must say who they are */
    ERR_NOT_FOUND,      /* no such resource, or not for this requester */
    ERR_METHOD,         /* the method is not offered here */
    ERR_NOT_ACCEPTABLE, /* no representation that the requester accepts */
    ERR_GONE,           /* known to have been removed */
    ERR_PRECONDITION,   /* If-Match or If-Unmodified-Since failed */
    ERR_TOO_LARGE,      /* more instances or bytes than the settings allow */
    ERR_URI_TOO_LONG,
    ERR_RANGE,          /* no byte of the asked range exists */
    ERR_TOO_MANY,       /* this requester holds too many downloads */
    ERR_BUSY,           /* the service as a whole is at its limit */
    ERR_AWAY,           /* the database or a root cannot be reached: temporary */
    ERR_DATA,           /* a file is missing, changed or damaged */
    ERR_SYSTEM,         /* the operating system refused something */
    ERR_MEMORY,         /* a cap on memory was reached, or there is none left */
    ERR_HELPER,         /* wadozip-dicom failed, died or took too long */
    ERR_PEER,           /* the other side went away: not our failure */
    ERR_CONFIG,         /* a setting is wrong */
    ERR_KINDS
};

struct err {
    enum err_kind kind;
    int sys;                /* errno, or 0 */
    char sqlstate[6];       /* five characters, or "" */
    char text[ERR_TEXT_MAX]; /* one sentence without a final full stop; control characters are replaced */
};

#define ERR_INIT {ERR_NONE, 0, "", ""}
#define MUST_CHECK __attribute__((warn_unused_result))

/* Fills *e unless it holds an error already. Returns -1, so that a caller can write `return err_set(...)`. */
int err_set(struct err *e, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4), cold));

/* The same with errno's value and its text appended: "cannot open x: No such file or directory". */
int err_sys(struct err *e, enum err_kind kind, const char *format, ...) __attribute__((format(printf, 3, 4), cold));

/* Takes another error over as it is. Returns -1. */
int err_pass(struct err *e, const struct err *why);

/* Forgets the error, for a caller that has dealt with it. */
void err_clear(struct err *e);

/* A short word for a kind ("not-found", "data"), for the log. */
const char *err_kind_name(enum err_kind kind);

#endif
