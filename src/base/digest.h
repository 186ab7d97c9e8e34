/* SHA-256 (FIPS 180-4) of members' data, for manifests. */
#ifndef WADOZIP_BASE_DIGEST_H
#define WADOZIP_BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define DIGEST_BYTES 32

struct digest {
    struct evp_md_ctx_st *state; /* null: nothing is computed, and digest_update does nothing */
};

/* Ends with digest_close in any case. */
int digest_open(struct digest *d, struct err *e) MUST_CHECK;
void digest_close(struct digest *d);

int digest_update(struct digest *d, const void *data, size_t len, struct err *e) MUST_CHECK;
int digest_finish(struct digest *d, uint8_t out[DIGEST_BYTES], struct err *e) MUST_CHECK;

/*
 * Of what the first `size` bytes of an open file inflate to (RFC 1951), with their CRC-32. ERR_DATA when they are not a
 * deflate stream of that size.
 */
int digest_deflated(int fd, uint64_t size, uint8_t out[DIGEST_BYTES], uint32_t *crc, struct err *e) MUST_CHECK;

/* Of the first `size` bytes of an open file, with their CRC-32. ERR_DATA when it ends before or cannot be read. */
int digest_file(int fd, uint64_t size, uint8_t out[DIGEST_BYTES], uint32_t *crc, struct err *e) MUST_CHECK;

#endif
