/* SPDX-License-Identifier: MIT */
#include "dicom/deid_mac.h"

#include <string.h>

#define BLOCK 64 /* bytes of a block of SHA-256 */

/* Begin a digest with the padded key. */
static int begin_key(struct sha256 *d, uint8_t pad, const uint8_t key[DEID_KEY_BYTES],
                     struct err *e)
{
    uint8_t padded[BLOCK];

    memset(padded, pad, sizeof padded);
    for (size_t i = 0; i < DEID_KEY_BYTES; i++)
        padded[i] ^= key[i];
    return sha256_open(d, e) || sha256_update(d, padded, sizeof padded, e) ? -1 : 0;
}

int deid_mac_open(struct deid_mac *m, const uint8_t key[DEID_KEY_BYTES], const char *label,
                  struct err *e)
{
    *m = (struct deid_mac){0};
    if (begin_key(&m->inner, 0x36, key, e) || begin_key(&m->outer, 0x5c, key, e))
        return -1;
    if (sha256_update(&m->inner, label, strlen(label) + 1, e))
        return -1;
    return sha256_open(&m->work, e);
}

void deid_mac_close(struct deid_mac *m)
{
    sha256_close(&m->inner);
    sha256_close(&m->outer);
    sha256_close(&m->work);
}

/* Digest bytes after the ones that `begun` has taken. */
static int finish_text(struct deid_mac *m, const struct sha256 *begun, const void *data, size_t len,
                       uint8_t out[DEID_MAC_BYTES], struct err *e)
{
    if (sha256_copy(&m->work, begun, e) || sha256_update(&m->work, data, len, e))
        return -1;
    return sha256_finish(&m->work, out, e);
}

int deid_mac_text(struct deid_mac *m, const void *text, size_t len, uint8_t out[DEID_MAC_BYTES],
                  struct err *e)
{
    uint8_t inner[SHA256_BYTES];

    if (finish_text(m, &m->inner, text, len, inner, e))
        return -1;
    return finish_text(m, &m->outer, inner, sizeof inner, out, e);
}
