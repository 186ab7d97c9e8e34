#include "archive/digest.h"

#include <openssl/evp.h>

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

static int add_file(struct digest *d, int fd, uint64_t size, uint32_t *crc, struct err *e)
{
    uint8_t piece[PIECE];

    for (uint64_t at = 0; at < size;) {
        size_t len = size - at < PIECE ? (size_t)(size - at) : PIECE;
        ssize_t got = io_pread(fd, piece, len, at);

        if (got < 0)
            return err_sys(e, ERR_DATA, "it cannot be read");
        if ((size_t)got < len)
            return err_set(e, ERR_DATA, "it ends before its %llu bytes", (unsigned long long)size);
        *crc = crc_update(*crc, piece, len);
        if (digest_update(d, piece, len, e))
            return -1;
        at += len;
    }
    return 0;
}

int digest_file(int fd, uint64_t size, uint8_t out[DIGEST_BYTES], uint32_t *crc, struct err *e)
{
    struct digest d;
    int rc = digest_open(&d, e);

    *crc = 0;
    if (rc == 0)
        rc = add_file(&d, fd, size, crc, e);
    if (rc == 0)
        rc = digest_finish(&d, out, e);
    digest_close(&d);
    return rc;
}
