/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4). */
#ifndef WADOZIP_BASE_SHA256_H
#define WADOZIP_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SHA256_BYTES 32

struct sha256 {
    struct evp_md_ctx_st *state; /* null: sha256_update() does nothing */
};

/* Always call sha256_close(), also after a failure. */
int sha256_open(struct sha256 *d, struct err *e) MUST_CHECK;
void sha256_close(struct sha256 *d);

/* Replace the state of an open digest by that of another one. Fails with
 * ERR_SYSTEM. */
int sha256_copy(struct sha256 *to, const struct sha256 *from, struct err *e) MUST_CHECK;

int sha256_update(struct sha256 *d, const void *data, size_t len, struct err *e) MUST_CHECK;
int sha256_finish(struct sha256 *d, uint8_t out[SHA256_BYTES], struct err *e) MUST_CHECK;

/* Compute SHA-256 of the len bytes at data. Fails with ERR_SYSTEM. */
int sha256_bytes(const void *data, size_t len, uint8_t out[SHA256_BYTES], struct err *e) MUST_CHECK;

/* Inflate the first `size` bytes of an open file (RFC 1951) and compute SHA-256
 * and CRC-32 of the result. Fails with ERR_DATA if they are not a deflate
 * stream of that size. */
int sha256_deflated(int fd, uint64_t size, uint8_t out[SHA256_BYTES], uint32_t *crc,
                    struct err *e) MUST_CHECK;

/* Compute SHA-256 and CRC-32 of the first `size` bytes of an open file. Fails
 * with ERR_DATA if the file is shorter or cannot be read. */
int sha256_file(int fd, uint64_t size, uint8_t out[SHA256_BYTES], uint32_t *crc,
                struct err *e) MUST_CHECK;

#endif
