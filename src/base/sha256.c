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

int sha256_copy(struct sha256 *to, const struct sha256 *from, struct err *e)
{
    return EVP_MD_CTX_copy_ex(to->state, from->state) == 1 ? 0 : sha256_fail(e);
}

int sha256_update(struct sha256 *d, const void *data, size_t len, struct err *e)
{
    return !d->state || EVP_DigestUpdate(d->state, data, len) == 1 ? 0 : sha256_fail(e);
}

int sha256_finish(struct sha256 *d, uint8_t out[SHA256_BYTES], struct err *e)
{
    return EVP_DigestFinal_ex(d->state, out, NULL) == 1 ? 0 : sha256_fail(e);
}

int sha256_bytes(const void *data, size_t len, uint8_t out[SHA256_BYTES], struct err *e)
{
    struct sha256 d;
    int rc = sha256_open(&d, e);

    if (rc == 0)
        rc = sha256_update(&d, data, len, e);
    if (rc == 0)
        rc = sha256_finish(&d, out, e);
    sha256_close(&d);
    return rc;
}

/* SHA-256 and CRC-32 of a file, or of what it inflates to. */
struct file_hash {
    struct sha256 sha256;
    uint32_t crc;
    z_stream z;
    bool ended; /* the deflate stream */
};

typedef int take_piece(struct file_hash *h, const uint8_t *piece, size_t len, struct err *e);

static int take_plain(struct file_hash *h, const uint8_t *piece, size_t len, struct err *e)
{
    h->crc = crc_update(h->crc, piece, len);
    return sha256_update(&h->sha256, piece, len, e);
}

static int take_deflated(struct file_hash *h, const uint8_t *piece, size_t len, struct err *e)
{
    uint8_t out[PIECE];

    h->z.next_in = (Bytef *)(uintptr_t)piece; /* only read */
    h->z.avail_in = (uInt)len;
    do {
        int rc;

        h->z.next_out = out;
        h->z.avail_out = sizeof out;
        rc = h->ended ? Z_DATA_ERROR : inflate(&h->z, Z_NO_FLUSH);
        if (rc != Z_OK && rc != Z_STREAM_END && rc != Z_BUF_ERROR)
            return err_set(e, ERR_DATA, "it does not inflate");
        h->ended = rc == Z_STREAM_END;
        if (take_plain(h, out, sizeof out - h->z.avail_out, e))
            return -1;
    } while (h->z.avail_in > 0 || (h->z.avail_out == 0 && !h->ended));
    return 0;
}

static int sha256_add_file(struct file_hash *h, int fd, uint64_t size, take_piece *take,
                           struct err *e)
{
    uint8_t piece[PIECE];

    for (uint64_t at = 0; at < size;) {
        size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
        ssize_t got = io_pread(fd, piece, len, at);

        if (got < 0)
            return err_sys(e, ERR_DATA, "it cannot be read");
        if ((size_t)got < len)
            return err_set(e, ERR_DATA, "it ends before its %llu bytes", (unsigned long long)size);
        if (take(h, piece, len, e))
            return -1;
        at += len;
    }
    return 0;
}

static int sha256_all(struct file_hash *h, int fd, uint64_t size, take_piece *take, struct err *e)
{
    return sha256_open(&h->sha256, e) ? -1 : sha256_add_file(h, fd, size, take, e);
}

/* Store the results and release the hash, also after a failure (rc). */
static int sha256_end(struct file_hash *h, int rc, uint8_t out[SHA256_BYTES], uint32_t *crc,
                      struct err *e)
{
    *crc = h->crc;
    if (rc == 0)
        rc = sha256_finish(&h->sha256, out, e);
    sha256_close(&h->sha256);
    return rc;
}

int sha256_file(int fd, uint64_t size, uint8_t out[SHA256_BYTES], uint32_t *crc, struct err *e)
{
    struct file_hash h = {.crc = 0};

    return sha256_end(&h, sha256_all(&h, fd, size, take_plain, e), out, crc, e);
}

int sha256_deflated(int fd, uint64_t size, uint8_t out[SHA256_BYTES], uint32_t *crc, struct err *e)
{
    struct file_hash h = {.crc = 0};
    int rc;

    if (inflateInit2(&h.z, -MAX_WBITS) != Z_OK)
        return err_set(e, ERR_MEMORY, "no memory left to inflate");
    rc = sha256_all(&h, fd, size, take_deflated, e);
    if (rc == 0 && !h.ended)
        rc = err_set(e, ERR_DATA, "it ends before its deflate stream does");
    inflateEnd(&h.z);
    return sha256_end(&h, rc, out, crc, e);
}
