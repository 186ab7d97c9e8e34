/* SPDX-License-Identifier: MIT */
/*
 * Signatures of requests that libcurl signs wrongly: libcurl 8.14 takes "%2B" in
 * a query for a space, so a list cannot go on after a key or a token with a plus
 * sign. All other requests are signed by libcurl (CURLOPT_AWS_SIGV4).
 */
#ifndef WADOZIP_STORE_S3_SIGNATURE_H
#define WADOZIP_STORE_S3_SIGNATURE_H

#include <stdbool.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"

/* SHA-256 of the empty body of all requests, in hexadecimal. */
#define S3_SIGNATURE_EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct s3_signature {
    const char *url; /* names of the query in ascending order, everything escaped */
    const char *region;
    const char *user;  /* "key id:secret" */
    const char *token; /* session token, "" for none */
    time_t now;
};

/* Return whether libcurl's signature of a request for this address is wrong. */
bool s3_signature_due(const char *url);

/*
 * Append the fields Host, x-amz-date and Authorization of a GET request with an
 * empty body, each with a NUL at its end (Signature Version 4: "Authenticating
 * Requests: Using the Authorization Header"). Fails with ERR_MEMORY, and with
 * ERR_CONFIG if the key has no secret.
 */
int s3_signature_write(const struct s3_signature *s, struct buf *out, struct err *e) MUST_CHECK;

#endif
