/* SPDX-License-Identifier: MIT */
#include "store/s3_signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "base/hex.h"
#include "base/sha256.h"

#define TEXT_MAX ((size_t)32 << 10)
#define STAMP "%Y%m%dT%H%M%SZ"
#define STAMP_BUFFER 17
#define DAY_CHARS 8 /* of a stamp */

bool s3_signature_due(const char *url)
{
    const char *query = strchr(url, '?');

    return query && strstr(query, "%2B");
}

static bool step(uint8_t key[SHA256_BYTES], const char *text, size_t len)
{
    unsigned size = SHA256_BYTES;

    return HMAC(EVP_sha256(), key, SHA256_BYTES, (const uint8_t *)text, len, key, &size) != NULL;
}

/* Derive the key of a day, region and service, and sign the text with it. */
static bool sign(const struct s3_signature *s, const char *secret, const char *day,
                 const struct buf *text, uint8_t out[SHA256_BYTES])
{
    char first[256];
    unsigned size = SHA256_BYTES;
    int len = snprintf(first, sizeof first, "AWS4%s", secret);

    return len > 0 && len < (int)sizeof first &&
           HMAC(EVP_sha256(), first, len, (const uint8_t *)day, DAY_CHARS, out, &size) &&
           step(out, s->region, strlen(s->region)) && step(out, "s3", 2) &&
           step(out, "aws4_request", 12) && step(out, text->data, text->len);
}

/* Append SHA-256 of the canonical request. */
static int add_request_digest(const struct s3_signature *s, const char *stamp, struct buf *text,
                              struct err *e)
{
    const char *host = strstr(s->url, "://") + 3, *path = strchr(host, '/');
    const char *query = strchr(path, '?');
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    struct buf b;
    int rc;

    buf_init(&b, TEXT_MAX);
    buf_printf(&b, "GET\n%.*s\n%s\nhost:%.*s\nx-amz-content-sha256:%s\nx-amz-date:%s\n",
               (int)(query - path), path, query + 1, (int)(path - host), host, S3_SIGNATURE_EMPTY,
               stamp);
    if (*s->token)
        buf_printf(&b, "x-amz-security-token:%s\n", s->token);
    buf_printf(&b, "\nhost;x-amz-content-sha256;x-amz-date%s\n%s",
               *s->token ? ";x-amz-security-token" : "", S3_SIGNATURE_EMPTY);
    rc = b.failed ? err_set(e, ERR_MEMORY, "no memory left for a signature")
                  : sha256_bytes(b.data, b.len, digest, e);
    buf_release(&b);
    if (rc)
        return -1;
    hex_write(hex, digest, SHA256_BYTES);
    buf_add(text, hex, sizeof hex - 1);
    return 0;
}

static void add_fields(const struct s3_signature *s, const char *stamp, const char *secret,
                       const char *signature, struct buf *out)
{
    const char *host = strstr(s->url, "://") + 3;

    buf_printf(out, "Host: %.*s%cx-amz-date: %s%c", (int)strcspn(host, "/"), host, '\0', stamp,
               '\0');
    buf_printf(out,
               "Authorization: AWS4-HMAC-SHA256 Credential=%.*s/%.8s/%s/s3/aws4_request,"
               " SignedHeaders=host;x-amz-content-sha256;x-amz-date%s, Signature=%s%c",
               (int)(secret - 1 - s->user), s->user, stamp, s->region,
               *s->token ? ";x-amz-security-token" : "", signature, '\0');
}

int s3_signature_write(const struct s3_signature *s, struct buf *out, struct err *e)
{
    const char *colon = strchr(s->user, ':');
    uint8_t made[SHA256_BYTES];
    char stamp[STAMP_BUFFER], hex[2 * SHA256_BYTES + 1];
    struct buf text;
    struct tm tm;
    int rc;

    if (!colon || !gmtime_r(&s->now, &tm) || !strftime(stamp, sizeof stamp, STAMP, &tm))
        return err_set(e, ERR_CONFIG,
                       "a request to the object store cannot be signed: the key"
                       " has no secret, or the clock is wrong");
    buf_init(&text, TEXT_MAX);
    buf_printf(&text, "AWS4-HMAC-SHA256\n%s\n%.8s/%s/s3/aws4_request\n", stamp, stamp, s->region);
    rc = add_request_digest(s, stamp, &text, e);
    if (rc == 0 && (text.failed || !sign(s, colon + 1, stamp, &text, made)))
        rc = err_set(e, ERR_MEMORY, "no memory left for a signature");
    buf_release(&text);
    if (rc)
        return -1;
    hex_write(hex, made, SHA256_BYTES);
    add_fields(s, stamp, colon + 1, hex, out);
    return out->failed ? err_set(e, ERR_MEMORY, "no memory left for a signature") : 0;
}
