/* SPDX-License-Identifier: MIT */
/* One request to an object store, and the meaning of its end. */
#ifndef WADOZIP_STORE_S3_REQUEST_H
#define WADOZIP_STORE_S3_REQUEST_H

#include <curl/curl.h>

#include "store/s3.h"

#define S3_REQUEST_BODY_MAX 1024 /* bytes kept of an error's body */

struct s3_request {
    const struct s3 *s3;
    CURL *easy;
    struct curl_slist *headers;
    unsigned attempts, version; /* of the credentials of the last attempt */
    double deadline; /* io_now() */
    struct s3_meta meta; /* of the response */
    bool has_total;      /* meta.size is that of Content-Range */
    char region[64];     /* of the bucket, as the response has it; "": unknown */
    int64_t date;        /* of the response, seconds since 1970; -1: unknown */
    char error[CURL_ERROR_SIZE], body[S3_REQUEST_BODY_MAX];
    size_t body_len;
};

/* The next step after a request. */
enum s3_verdict { S3_GOOD, S3_REPEAT, S3_FAILED };

/*
 * Prepare a request for `url` with a deadline. Keeps the handle's connections.
 * range: "first-last", or null; etag: for If-Match, or "". The caller sets the
 * functions that receive the body. Call before each attempt.
 */
int s3_request_begin(struct s3_request *r, const char *url, const char *range, const char *etag,
                     struct err *e) MUST_CHECK;
void s3_request_release(struct s3_request *r);

/* Return the status of the response, 0 before it is known. */
long s3_request_status(const struct s3_request *r);

/* Keep the beginning of an error's body. */
void s3_request_take_error(struct s3_request *r, const char *data, size_t len);

/* Keep an entity tag without quotes and mark of weakness, which differ between
 * lists and objects; too long a one is left out. */
void s3_request_take_etag(struct s3_meta *m, const char *value, size_t len);

/* Complete meta when all headers are there. */
void s3_request_take_meta(struct s3_request *r);

/*
 * Judge a request that has ended with `code`. S3_REPEAT: try again after *wait
 * seconds. S3_FAILED: *e says why, naming `what`; its sys is ENOENT if there is
 * no such object, ESTALE if it has changed.
 */
enum s3_verdict s3_request_judge(struct s3_request *r, CURLcode code, const char *what,
                                 double *wait, struct err *e);

#endif
