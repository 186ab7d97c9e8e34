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
#include "dicom/deid_uuid.h"

#define STANDARD_ROOT "1.2.840.10008."

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

int deid_key_mac(const uint8_t key[DEID_KEY_BYTES], const char *label, const void *text, size_t len,
                 uint8_t out[DEID_MAC_BYTES], struct err *e)
{
    struct deid_mac m;
    int rc = deid_mac_open(&m, key, label, e);

    if (rc == 0)
        rc = deid_mac_text(&m, text, len, out, e);
    deid_mac_close(&m);
    return rc;
}

int deid_key_new_uid(const uint8_t key[DEID_KEY_BYTES], const char *original, size_t len,
                     char out[UID_MAX + 1], struct err *e)
{
    uint8_t mac[DEID_MAC_BYTES];

    if (deid_key_mac(key, DEID_MAC_UIDS, original, len, mac, e))
        return -1;
    deid_uuid_mark(mac);
    deid_uuid_format(mac, out);
    return 0;
}

bool deid_key_keeps(const struct deid_profile *p, const char *original)
{
    return p->options & DEID_UIDS || strncmp(original, STANDARD_ROOT, strlen(STANDARD_ROOT)) == 0;
}

int deid_key_uid(const struct deid_profile *p, const char *original, char out[UID_MAX + 1],
                 struct err *e)
{
    if (!deid_key_keeps(p, original))
        return deid_key_new_uid(p->key, original, strlen(original), out, e);
    snprintf(out, UID_MAX + 1, "%s", original);
    return 0;
}
