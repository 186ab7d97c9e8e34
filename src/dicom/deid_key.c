/* SPDX-License-Identifier: MIT */
#include "dicom/deid_key.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "base/sha256.h"

#define BLOCK 64 /* bytes of a block of SHA-256 */
#define STANDARD_ROOT "1.2.840.10008."

struct deid_text {
    const void *data;
    size_t len;
};

static bool parse_key(const char text[DEID_KEY_TEXT], uint8_t key[DEID_KEY_BYTES])
{
    for (size_t i = 0; i < DEID_KEY_BYTES; i++) {
        const int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        key[i] = (uint8_t)(high << 4 | low);
    }
    return text[DEID_KEY_TEXT - 1] == '\n';
}

int deid_key_read(const char *path, uint8_t key[DEID_KEY_BYTES], struct err *e)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    char text[DEID_KEY_TEXT + 1];
    struct stat st;
    ssize_t n = -1;

    if (fd < 0)
        return err_sys(e, errno == ENOENT ? ERR_NOT_FOUND : ERR_CONFIG,
                       "cannot open the key file %s", path);
    if (fstat(fd, &st) == 0)
        n = read(fd, text, sizeof text);
    io_close(&fd);
    if (n != DEID_KEY_TEXT || !parse_key(text, key))
        return err_set(e, ERR_CONFIG, "%s is not a key file: make one with wadozip deid key", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return err_set(e, ERR_CONFIG, "the key file %s is open to others: chmod 600 %s", path,
                       path);
    return 0;
}

int deid_key_load(const struct conf_deid *c, struct deid_profile *out, struct err *e)
{
    static const unsigned pixels[] = {[CONF_DEID_REFUSE] = 0,
                                      [CONF_DEID_WITHHOLD] = DEID_WITHHOLD_PIXELS,
                                      [CONF_DEID_TRUST] = DEID_TRUST_PIXELS};
    uint8_t digest[SHA256_BYTES];
    int len;

    *out = (struct deid_profile){.options = c->options | pixels[c->pixels]};
    snprintf(out->name, sizeof out->name, "%s", c->name);
    if (deid_key_read(c->key, out->key, e) || sha256_bytes(out->key, sizeof out->key, digest, e))
        return -1;
    hex_write(out->fingerprint, digest, (DEID_FINGERPRINT - 1) / 2);
    len = snprintf(out->text, sizeof out->text, "%u %u ", out->options, (unsigned)c->days);
    hex_write(out->text + len, out->key, sizeof out->key);
    return 0;
}

/* Digest a block of the padded key, a label with its NUL unless it is null, and
 * the text. */
static int digest_block(uint8_t pad, const uint8_t key[DEID_KEY_BYTES], const char *label,
                        struct deid_text text, uint8_t out[SHA256_BYTES], struct err *e)
{
    struct sha256 d = {NULL};
    uint8_t padded[BLOCK];
    int rc;

    memset(padded, pad, sizeof padded);
    for (size_t i = 0; i < DEID_KEY_BYTES; i++)
        padded[i] ^= key[i];
    rc = sha256_open(&d, e);
    if (rc == 0)
        rc = sha256_update(&d, padded, sizeof padded, e);
    if (rc == 0 && label)
        rc = sha256_update(&d, label, strlen(label) + 1, e);
    if (rc == 0)
        rc = sha256_update(&d, text.data, text.len, e) || sha256_finish(&d, out, e) ? -1 : 0;
    sha256_close(&d);
    return rc;
}

int deid_key_mac(const uint8_t key[DEID_KEY_BYTES], const char *label, const void *text, size_t len,
                     uint8_t out[DEID_MAC_BYTES], struct err *e)
{
    uint8_t inner[SHA256_BYTES];

    if (digest_block(0x36, key, label, (struct deid_text){text, len}, inner, e))
        return -1;
    return digest_block(0x5c, key, NULL, (struct deid_text){inner, sizeof inner}, out, e);
}

/* Write a number of 128 bits, which is destroyed, in decimal digits. */
static void write_decimal(uint8_t n[16], char *out)
{
    char digits[40], *at = digits + sizeof digits - 1;
    bool zero;

    *at = '\0';
    do {
        unsigned rest = 0;

        zero = true;
        for (size_t i = 0; i < 16; i++) {
            rest = rest << 8 | n[i];
            n[i] = (uint8_t)(rest / 10);
            zero = zero && n[i] == 0;
            rest %= 10;
        }
        *--at = (char)('0' + rest);
    } while (!zero);
    memcpy(out, at, strlen(at) + 1);
}

int deid_key_new_uid(const uint8_t key[DEID_KEY_BYTES], const char *original, size_t len,
                     char out[UID_MAX + 1], struct err *e)
{
    static const char prefix[] = "2.25.";
    uint8_t mac[DEID_MAC_BYTES];

    if (deid_key_mac(key, "uid", original, len, mac, e))
        return -1;
    mac[6] = (uint8_t)((mac[6] & 0x0f) | 0x80);
    mac[8] = (uint8_t)((mac[8] & 0x3f) | 0x80);
    memcpy(out, prefix, sizeof prefix);
    write_decimal(mac, out + strlen(prefix));
    return 0;
}

int deid_key_uid(const struct deid_profile *p, const char *original, char out[UID_MAX + 1],
                 struct err *e)
{
    if (!(p->options & DEID_UIDS) && strncmp(original, STANDARD_ROOT, strlen(STANDARD_ROOT)) != 0)
        return deid_key_new_uid(p->key, original, strlen(original), out, e);
    snprintf(out, UID_MAX + 1, "%s", original);
    return 0;
}
