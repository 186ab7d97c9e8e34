/* SPDX-License-Identifier: MIT */
#include "base/secret.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>
#include <sys/random.h>

#include "base/hex.h"

#define TOKEN_BYTES 32
#define SALT_BYTES 16
#define HASH_BYTES 32
#define SCRYPT_N 32768
#define SCRYPT_R 8
#define SCRYPT_P 1
#define SCRYPT_MEMORY ((uint64_t)64 << 20)
#define GROUP 4 /* characters between two hyphens of a chosen passcode */

static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static const char readable[] = "23456789abcdefghijkmnpqrstuvwxyz"; /* without 0 1 l o */

static int fill_random(void *out, size_t len, struct err *e)
{
    return getrandom(out, len, 0) == (ssize_t)len ? 0 : err_sys(e, ERR_SYSTEM, "no random numbers");
}

int secret_token(char out[SECRET_TOKEN + 1], struct err *e)
{
    uint8_t bytes[TOKEN_BYTES + 1] = {0};

    if (fill_random(bytes, TOKEN_BYTES, e))
        return -1;
    for (size_t i = 0; i < SECRET_TOKEN; i++) {
        size_t bit = 6 * i, at = bit / 8, two = (size_t)bytes[at] << 8 | bytes[at + 1];

        out[i] = base64url[two >> (10 - bit % 8) & 63];
    }
    out[SECRET_TOKEN] = '\0';
    return 0;
}

bool secret_is_token(const char *s, size_t len)
{
    return len == SECRET_TOKEN && strspn(s, base64url) >= len;
}

int secret_choose(char out[SECRET_CHOSEN], struct err *e)
{
    uint8_t bytes[SECRET_CHOSEN];

    if (fill_random(bytes, sizeof bytes, e))
        return -1;
    for (size_t i = 0; i < SECRET_CHOSEN - 1; i++)
        out[i] = i % (GROUP + 1) == GROUP ? '-' : readable[bytes[i] % (sizeof readable - 1)];
    out[SECRET_CHOSEN - 1] = '\0';
    return 0;
}

static int derive(const char *passcode, const uint8_t salt[SALT_BYTES], uint8_t out[HASH_BYTES],
                  struct err *e)
{
    if (EVP_PBE_scrypt(passcode, strlen(passcode), salt, SALT_BYTES, SCRYPT_N, SCRYPT_R, SCRYPT_P,
                       SCRYPT_MEMORY, out, HASH_BYTES) == 1)
        return 0;
    return err_set(e, ERR_MEMORY, "no memory left to hash a passcode");
}

int secret_hash(const char *passcode, char out[SECRET_HASH], struct err *e)
{
    uint8_t bytes[SALT_BYTES + HASH_BYTES];

    if (fill_random(bytes, SALT_BYTES, e) || derive(passcode, bytes, bytes + SALT_BYTES, e))
        return -1;
    hex_write(out, bytes, sizeof bytes);
    return 0;
}

int secret_matches(const char *passcode, const char *hash, bool *matches, struct err *e)
{
    uint8_t salt[SALT_BYTES], bytes[HASH_BYTES];
    char text[2 * HASH_BYTES + 1];

    *matches = false;
    if (strlen(hash) != SECRET_HASH - 1)
        return err_set(e, ERR_DATA, "the hash of a passcode is malformed");
    for (size_t i = 0; i < SALT_BYTES; i++)
        salt[i] = (uint8_t)(hex_value(hash[2 * i]) << 4 | hex_value(hash[2 * i + 1]));
    if (derive(passcode, salt, bytes, e))
        return -1;
    hex_write(text, bytes, sizeof bytes);
    *matches = secret_equal(text, hash + 2 * SALT_BYTES);
    return 0;
}

int secret_mac(const char *key, const char *text, char out[SECRET_MAC], struct err *e)
{
    uint8_t bytes[EVP_MAX_MD_SIZE];
    unsigned len = 0;

    if (!HMAC(EVP_sha256(), key, (int)strlen(key), (const uint8_t *)text, strlen(text), bytes,
              &len))
        return err_set(e, ERR_SYSTEM, "HMAC-SHA-256 is not available");
    hex_write(out, bytes, (SECRET_MAC - 1) / 2);
    return 0;
}

bool secret_equal(const char *a, const char *b)
{
    size_t len = strlen(a);

    return strlen(b) == len && CRYPTO_memcmp(a, b, len) == 0;
}
