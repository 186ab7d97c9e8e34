/* SHA-256 (FIPS 180-4). */
#ifndef WADOZIP_BASE_DIGEST_H
#define WADOZIP_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DIGEST_BYTES 32

struct digest {
    struct evp_md_ctx_st *state; /* null: digest_update() does nothing */
};

/* Always call digest_close(), also after a failure. */
int digest_open(struct digest *d, struct err *e) MUST_CHECK;
void digest_close(struct digest *d);

int digest_update(struct digest *d, const void *data, size_t len, struct err *e) MUST_CHECK;
int digest_finish(struct digest *d, uint8_t out[DIGEST_BYTES], struct err *e) MUST_CHECK;

/*
 * Inflate the first `size` bytes of an open file (RFC 1951) and compute SHA-256 and
 * CRC-32 of the result. Fails with ERR_DATA if they are not a deflate stream of that
 * size.
 */
int digest_deflated(int fd, uint64_t size, uint8_t out[DIGEST_BYTES], uint32_t *crc, struct err *e) MUST_CHECK;

/*
 * Compute SHA-256 and CRC-32 of the first `size` bytes of an open file. Fails with
 * ERR_DATA if the file is shorter or cannot be read.
 */
int digest_file(int fd, uint64_t size, uint8_t out[DIGEST_BYTES], uint32_t *crc, struct err *e) MUST_CHECK;

#endif
