/* SPDX-License-Identifier: MIT */
#include "base/sha256.h"

#include <openssl/evp.h>
#include <zlib.h>

#include "base/crc.h"
#include "base/io.h"

#define PIECE ((size_t)64 << 10)

static int sha256_fail(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "libcrypto cannot compute a SHA-256");
}

int sha256_open(struct sha256 *d, struct err *e)
{
    d->state = EVP_MD_CTX_new();
    return d->state && EVP_DigestInit_ex(d->state, EVP_sha256(), NULL) == 1 ? 0 : sha256_fail(e);
}

void sha256_close(struct sha256 *d)
{
    EVP_MD_CTX_free(d->state);
    d->state = NULL;
}

int sha256_update(struct sha256 *d, const void *data, size_t len, struct err *e)
{
    return !d->state || EVP_DigestUpdate(d->state, data, len) == 1 ? 0 : sha256_fail(e);
}

int sha256_finish(struct sha256 *d, uint8_t out[SHA256_BYTES], struct err *e)
{
    return EVP_DigestFinal_ex(d->state, out, NULL) == 1 ? 0 : sha256_fail(e);
}

/* A part of the input. */
typedef int take_piece(void *ctx, struct sha256 *d, const uint8_t *piece, size_t len, uint32_t *crc, struct err *e);

static int take_plain(void *ctx, struct sha256 *d, const uint8_t *piece, size_t len, uint32_t *crc, struct err *e)
{
    (void)ctx;
    *crc = crc_update(*crc, piece, len);
    return sha256_update(d, piece, len, e);
}

struct inflater {
    z_stream z;
    bool ended;
};

static int take_deflated(void *ctx, struct sha256 *d, const uint8_t *piece, size_t len, uint32_t *crc, struct err *e)
{
    struct inflater *f = ctx;
    uint8_t out[PIECE];

    f->z.next_in = (Bytef *)(uintptr_t)piece; /* only read */
    f->z.avail_in = (uInt)len;
    do {
        int rc;

        f->z.next_out = out;
        f->z.avail_out = sizeof out;
        rc = f->ended ? Z_DATA_ERROR : inflate(&f->z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return err_set(e, ERR_DATA, "it does not inflate");
        f->ended = rc == Z_STREAM_END;
        if (take_plain(NULL, d, out, sizeof out - f->z.avail_out, crc, e))
            return -1;
    } while (f->z.avail_in > 0 || (f->z.avail_out == 0 && !f->ended));
    return 0;
}

static int sha256_add_file(struct sha256 *d, int fd, uint64_t size, take_piece *take, void *ctx, uint32_t *crc, struct err *e)
{
    uint8_t piece[PIECE];

    for (uint64_t at = 0; at < size;) {
        size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
        ssize_t got = io_pread(fd, piece, len, at);

        if (got < 0)
            return err_sys(e, ERR_DATA, "it cannot be read");
        if ((size_t)got < len)
            return err_set(e, ERR_DATA, "it ends before its %llu bytes", (unsigned long long)size);
        if (take(ctx, d, piece, len, crc, e))
            return -1;
        at += len;
    }
    return 0;
}

static int sha256_all(int fd, uint64_t size, take_piece *take, void *ctx, uint8_t out[SHA256_BYTES], uint32_t *crc,
                      struct err *e)
{
    struct sha256 d;
    int rc = sha256_open(&d, e);

    *crc = 0;
    if (rc == 0)
        rc = sha256_add_file(&d, fd, size, take, ctx, crc, e);
    if (rc == 0)
        rc = sha256_finish(&d, out, e);
    sha256_close(&d);
    return rc;
}

int sha256_file(int fd, uint64_t size, uint8_t out[SHA256_BYTES], uint32_t *crc, struct err *e)
{
    return sha256_all(fd, size, take_plain, NULL, out, crc, e);
}

int sha256_deflated(int fd, uint64_t size, uint8_t out[SHA256_BYTES], uint32_t *crc, struct err *e)
{
    struct inflater f = {.ended = false};
    int rc;

    if (inflateInit2(&f.z, -MAX_WBITS) != Z_OK)
        return err_set(e, ERR_MEMORY, "no memory left to inflate");
    rc = sha256_all(fd, size, take_deflated, &f, out, crc, e);
    if (rc == 0 && !f.ended)
        rc = err_set(e, ERR_DATA, "it ends before its deflate stream does");
    inflateEnd(&f.z);
    return rc;
}
