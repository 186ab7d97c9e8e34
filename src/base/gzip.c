/* SPDX-License-Identifier: MIT */
#include "base/gzip.h"

#include "base/deflate.h"
#include "base/io.h"
#include "base/le.h"

#define HEADER "\x1f\x8b\x08\0\0\0\0\0\0\xff" /* without a file name and time; unknown operating
                                               * system */
#define HEADER_LEN (sizeof HEADER - 1)
#define TRAILER_LEN 8

/* Compress block after block. `block` has room for one block and its output. */
static int put_blocks(struct deflate *d, uint8_t *block, int fd, uint64_t length, struct sink *out,
                      struct err *e)
{
    uint8_t *packed = block + DEFLATE_BLOCK;
    uint64_t at = 0;

    do {
        size_t len = length - at < DEFLATE_BLOCK ? (size_t)(length - at) : DEFLATE_BLOCK, n;

        if (io_pread(fd, block, len, at) != (ssize_t)len)
            return err_sys(e, ERR_SYSTEM, "cannot read a temporary file back");
        at += len;
        n = deflate_block(d, block, len, at == length, packed, e);
        if (n == 0 || sink_put(out, packed, n, e))
            return -1;
    } while (at < length);
    return 0;
}

int gzip_file(int fd, uint64_t length, uint32_t crc, struct sink *out, struct err *e)
{
    uint8_t *block = malloc(DEFLATE_BLOCK + DEFLATE_OUT_MAX), trailer[TRAILER_LEN];
    struct deflate *d = NULL;
    int rc = block ? deflate_open(&d, e)
                   : err_set(e, ERR_MEMORY, "no memory left to compress an answer");

    le32_put(le32_put(trailer, crc), (uint32_t)length); /* modulo 2^32 (RFC 1952 2.3.1) */
    if (rc == 0)
        rc = sink_put(out, HEADER, HEADER_LEN, e);
    if (rc == 0)
        rc = put_blocks(d, block, fd, length, out, e);
    if (rc == 0)
        rc = sink_put(out, trailer, sizeof trailer, e);
    deflate_close(d);
    free(block);
    return rc;
}
