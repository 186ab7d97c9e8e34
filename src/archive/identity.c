#include "archive/identity.h"

#include <openssl/evp.h>

#include "archive/listing.h"
#include "base/deflate.h"
#include "base/le.h"

#define GENERATOR "wadozip " WADOZIP_VERSION " layout 1" /* raise the number whenever the bytes of an answer change */
#define ETAG_BYTES 20
#define BOUNDARY_BYTES 16
#define ENTRY_FIXED 26 /* of the digest: sizes, CRC, time, marks */

/* Adds a string with its end, so that no two sequences of strings look the same. */
static bool digest_text(EVP_MD_CTX *d, const char *s)
{
    return EVP_DigestUpdate(d, s, strlen(s) + 1) == 1;
}

static bool has_deflated(const struct plan *p)
{
    for (size_t i = 0; i < p->count; i++)
        if (p->members[i].deflated)
            return true;
    return false;
}

/* Everything that the body's bytes depend on but the data itself, for which its CRC stands. */
static bool digest_plan(const struct plan *p, EVP_MD_CTX *d)
{
    const struct plan_options *o = &p->options;
    const uint8_t forms[] = {(uint8_t)o->framing, (uint8_t)o->names, (uint8_t)o->wish.rule};
    uint8_t recipe[sizeof o->recipe];
    bool good = digest_text(d, GENERATOR) && EVP_DigestUpdate(d, forms, sizeof forms) == 1 &&
                le32_put(recipe, plan_converts(p) ? o->recipe : 0) && EVP_DigestUpdate(d, recipe, sizeof recipe) == 1 &&
                digest_text(d, o->wish.rule == FORM_NAMED ? o->wish.uid : "") &&
                digest_text(d, o->location ? o->location : "") &&
                digest_text(d, has_deflated(p) ? deflate_identity() : "") &&
                (!p->manifest || digest_text(d, listing_name(p->manifest)));

    for (size_t i = 0; i < p->syntax_count && good; i++)
        good = digest_text(d, plan_text(p, p->syntaxes[i]));
    for (size_t i = 0; i < p->count && good; i++) {
        const struct plan_member *m = &p->members[i];
        uint8_t entry[ENTRY_FIXED + PLAN_PATH_BUFFER], *at = le64_put(le64_put(entry, plan_size(m)), m->stored_size);

        at = le16_put(le32_put(le32_put(at, m->crc), m->time),
                      (uint16_t)(m->syntax << 2 | (m->sop_uid != 0) << 1 | m->deflated));
        good = EVP_DigestUpdate(d, entry, ENTRY_FIXED + plan_path(p, m, (char *)at) + 1) == 1 &&
               (!m->sop_uid || digest_text(d, plan_text(p, m->sop_uid)));
    }
    return good;
}

static char *put_hex(char *to, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++, to += 2)
        snprintf(to, 3, "%02x", bytes[i]);
    return to;
}

int identity_make(struct plan *p, struct err *e)
{
    EVP_MD_CTX *d = EVP_MD_CTX_new();
    uint8_t digest[EVP_MAX_MD_SIZE];
    bool good = d && EVP_DigestInit_ex(d, EVP_sha256(), NULL) == 1 && digest_plan(p, d) &&
                EVP_DigestFinal_ex(d, digest, NULL) == 1;

    EVP_MD_CTX_free(d);
    if (!good)
        return err_set(e, ERR_SYSTEM, "libcrypto cannot compute a SHA-256");
    p->etag[0] = '"';
    memcpy(put_hex(p->etag + 1, digest, ETAG_BYTES), "\"", 2);
    memcpy(p->boundary, "wadozip-", 8);
    put_hex(p->boundary + 8, digest, BOUNDARY_BYTES);
    return 0;
}
