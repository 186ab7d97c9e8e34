#include "base/digest.h"

#include <openssl/evp.h>
#include <zlib.h>

#include "base/crc.h"
#include "base/io.h"

#define PIECE ((size_t)64 << 10)

static int fail(struct err *e)
{
    return err_set(e, ERR_SYSTEM, "libcrypto cannot compute a SHA-256");
}

int digest_open(struct digest *d, struct err *e)
{
    d->state = EVP_MD_CTX_new();
    return d->state && EVP_DigestInit_ex(d->state, EVP_sha256(), NULL) == 1 ? 0 : fail(e);
}

void digest_close(struct digest *d)
{
    EVP_MD_CTX_free(d->state);
    d->state = NULL;
}

int digest_update(struct digest *d, const void *data, size_t len, struct err *e)
{
    return !d->state || EVP_DigestUpdate(d->state, data, len) == 1 ? 0 : fail(e);
}

int digest_finish(struct digest *d, uint8_t out[DIGEST_BYTES], struct err *e)
{
    return EVP_DigestFinal_ex(d->state, out, NULL) == 1 ? 0 : fail(e);
}

/* A part of the input. */
typedef int take_piece(void *ctx, struct digest *d, const uint8_t *piece, size_t len, uint32_t *crc, struct err *e);

static int take_plain(void *ctx, struct digest *d, const uint8_t *piece, size_t len, uint32_t *crc, struct err *e)
{
    (void)ctx;
    *crc = crc_update(*crc, piece, len);
    return digest_update(d, piece, len, e);
}

struct inflater {
    z_stream z;
    bool ended;
};

static int take_deflated(void *ctx, struct digest *d, const uint8_t *piece, size_t len, uint32_t *crc, struct err *e)
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

static int add_file(struct digest *d, int fd, uint64_t size, take_piece *take, void *ctx, uint32_t *crc, struct err *e)
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

static int digest_all(int fd, uint64_t size, take_piece *take, void *ctx, uint8_t out[DIGEST_BYTES], uint32_t *crc,
                      struct err *e)
{
    struct digest d;
    int rc = digest_open(&d, e);

    *crc = 0;
    if (rc == 0)
        rc = add_file(&d, fd, size, take, ctx, crc, e);
    if (rc == 0)
        rc = digest_finish(&d, out, e);
    digest_close(&d);
    return rc;
}

int digest_file(int fd, uint64_t size, uint8_t out[DIGEST_BYTES], uint32_t *crc, struct err *e)
{
    return digest_all(fd, size, take_plain, NULL, out, crc, e);
}

int digest_deflated(int fd, uint64_t size, uint8_t out[DIGEST_BYTES], uint32_t *crc, struct err *e)
{
    struct inflater f = {.ended = false};
    int rc;

    if (inflateInit2(&f.z, -MAX_WBITS) != Z_OK)
        return err_set(e, ERR_MEMORY, "no memory left to inflate");
    rc = digest_all(fd, size, take_deflated, &f, out, crc, e);
    if (rc == 0 && !f.ended)
        rc = err_set(e, ERR_DATA, "it ends before its deflate stream does");
    inflateEnd(&f.z);
    return rc;
}
