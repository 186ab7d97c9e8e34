/* SPDX-License-Identifier: MIT */
#include "format/etag.h"

#include <openssl/evp.h>

#include "base/deflate.h"
#include "base/hex.h"
#include "base/le.h"
#include "dicom/uid.h"
#include "format/manifest.h"

#define ETAG_BYTES 20
#define BOUNDARY_BYTES 16
#define ENTRY_MAX (18 + PLAN_PATH_BUFFER + UID_MAX + 1) /* sizes, CRC, time, marks; path, UID */
#define BATCH (16 << 10) /* bytes per update of the digest */

/* Hash a string with its NUL, so that no two sequences of strings have the same
 * input. */
static bool digest_text(EVP_MD_CTX *d, const char *s)
{
    return EVP_DigestUpdate(d, s, strlen(s) + 1) == 1;
}

static bool is_deflated(const struct plan_progress *g, const struct plan_member *m,
                        enum plan_layout layout)
{
    return plan_progress_fact(g, m).deflated && !plan_stores(layout, m);
}

static bool has_deflated(const struct plan_progress *g, enum plan_layout layout)
{
    for (size_t i = 0; i < g->plan->count; i++)
        if (is_deflated(g, &g->plan->members[i], layout))
            return true;
    return false;
}

/* Write a member's size and CRC-32, those of the file if it is converted. */
static uint8_t *put_data(const struct plan_progress *g, const struct plan_member *m, uint8_t *to)
{
    const struct plan_fact fact = plan_progress_fact(g, m);

    if (m->source == PLAN_CONVERTED || m->source == PLAN_SPLICED)
        return le32_put(le64_put(to, m->file_size), m->file_crc);
    return le32_put(le64_put(to, fact.size), fact.crc);
}

/* Write everything on which a member's bytes in the body depend. Returns the
 * length. */
static size_t etag_put_entry(const struct plan_progress *g, const struct plan_member *m,
                             enum plan_layout layout, uint8_t out[ENTRY_MAX])
{
    const struct plan *p = g->plan;
    uint8_t *at = le32_put(put_data(g, m, out), m->time);

    at = le16_put(at,
                  (uint16_t)(m->syntax << 2 | (m->sop_uid != 0) << 1 | is_deflated(g, m, layout)));
    at += plan_path(p, m, (char *)at) + 1;
    if (m->sop_uid) {
        const char *uid = plan_text(p, m->sop_uid);
        size_t len = strnlen(uid, UID_MAX);

        memcpy(at, uid, len);
        at[len] = '\0';
        at += len + 1;
    }
    return (size_t)(at - out);
}

static bool digest_members(const struct plan_progress *g, enum plan_layout layout, EVP_MD_CTX *d)
{
    const struct plan *p = g->plan;
    uint8_t batch[BATCH];
    size_t used = 0;

    for (size_t i = 0; i < p->count; i++) {
        if (used > sizeof batch - ENTRY_MAX) {
            if (EVP_DigestUpdate(d, batch, used) != 1)
                return false;
            used = 0;
        }
        used += etag_put_entry(g, &p->members[i], layout, batch + used);
    }
    return EVP_DigestUpdate(d, batch, used) == 1;
}

static bool digest_profile(EVP_MD_CTX *d, const struct deid_profile *p)
{
    const uint8_t version = DEID_VERSION;

    return digest_text(d, p->name) && digest_text(d, p->text) &&
           EVP_DigestUpdate(d, &version, sizeof version) == 1;
}

/* Hash everything on which the body's bytes depend, except the data itself. */
static bool digest_plan(const struct plan_progress *g, enum plan_layout layout, EVP_MD_CTX *d)
{
    const struct plan *p = g->plan;
    const struct plan_options *o = &p->options;
    const uint8_t forms[] = {(uint8_t)o->framing, (uint8_t)o->names, (uint8_t)o->wish.rule,
                             (uint8_t)o->content};
    uint8_t codec_version[sizeof o->codec_version];
    bool good = digest_text(d, ETAG_GENERATOR) && EVP_DigestUpdate(d, forms, sizeof forms) == 1 &&
                le32_put(codec_version, plan_converts(p) || o->profile ? o->codec_version : 0) &&
                EVP_DigestUpdate(d, codec_version, sizeof codec_version) == 1 &&
                digest_text(d, o->wish.rule == WISH_NAMED ? o->wish.uid : "") &&
                digest_text(d, o->location ? o->location : "") &&
                digest_text(d, has_deflated(g, layout) ? deflate_identity() : "") &&
                (!g->manifest || digest_text(d, manifest_name(g->manifest))) &&
                (!o->profile || digest_profile(d, o->profile)) &&
                digest_text(d, o->element ? o->element : "") &&
                digest_text(d, o->service ? o->service : "");

    for (size_t i = 0; i < p->syntax_count && good; i++)
        good = digest_text(d, plan_text(p, p->syntaxes[i]));
    return good && digest_members(g, layout, d);
}

int etag_tag(const struct plan_progress *g, enum plan_layout layout, char etag[PLAN_ETAG_MAX],
             char boundary[PLAN_ETAG_MAX], struct err *e)
{
    EVP_MD_CTX *d = EVP_MD_CTX_new();
    uint8_t bytes[EVP_MAX_MD_SIZE];
    bool good = d && EVP_DigestInit_ex(d, EVP_sha256(), NULL) == 1 && digest_plan(g, layout, d) &&
                EVP_DigestFinal_ex(d, bytes, NULL) == 1;

    EVP_MD_CTX_free(d);
    if (!good)
        return err_set(e, ERR_SYSTEM, "libcrypto cannot compute a SHA-256");
    etag[0] = '"';
    memcpy(hex_write(etag + 1, bytes, ETAG_BYTES), "\"", 2);
    if (boundary) {
        memcpy(boundary, "wadozip-", 8);
        hex_write(boundary + 8, bytes, BOUNDARY_BYTES);
    }
    return 0;
}
