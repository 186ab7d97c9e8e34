#include "archive/listing.h"

#include <inttypes.h>

#include <openssl/evp.h>

#include "archive/window.h"
#include "base/mem.h"

#define ROW_MAX 1024 /* bytes: a path, six UIDs, two numbers and their names */
#define ETAG_BYTES 20

_Static_assert(PLAN_PATH_BUFFER + 6 * (DUID_MAX + 32) + 128 <= ROW_MAX, "a row fits");

void listing_init(struct listing *l, struct plan *p, enum listing_format format)
{
    *l = (struct listing){.plan = p, .format = format};
}

void listing_release(struct listing *l)
{
    free(l->rows);
    *l = (struct listing){0};
}

/* A string of the plan, the one at `last` if it is the same: neighbours mostly agree. */
static int add_string(struct plan *p, const char *s, uint32_t last, uint32_t *at, struct err *e)
{
    if (last && strcmp(plan_text(p, last), s) == 0) {
        *at = last;
        return 0;
    }
    return plan_string(p, s, strlen(s), at, e);
}

int listing_add(struct listing *l, struct store *s, const struct instance *i, struct err *e)
{
    struct plan *p = l->plan;
    size_t n = p->count;
    struct listing_row last = {0}, *row;

    if (plan_add(p, s, i, e))
        return -1;
    if (p->count == n)
        return 0; /* refused: plan_layout tells */
    if (mem_grow(&l->rows, &l->room, p->count, sizeof *l->rows, UINT32_MAX, "rows of a table", e) ||
        add_string(p, i->study_uid, l->study, &l->study, e))
        return -1;
    if (n)
        last = l->rows[n - 1];
    row = &l->rows[n];
    row->sop_uid = p->members[n].sop_uid;
    if (!row->sop_uid && plan_string(p, i->sop_uid, strlen(i->sop_uid), &row->sop_uid, e))
        return -1;
    return add_string(p, i->sop_class, last.sop_class, &row->sop_class, e) ||
                   add_string(p, i->transfer_syntax, last.syntax, &row->syntax, e) ? -1 : 0;
}

/* No field holds a comma, a quotation mark or a backslash (names.h, duid.h), so that none needs quotes or escapes. */
#define CSV_ROW "%s,%s,%s,%s,%s,%s,%s,%s,%s\r\n"
#define JSON_ROW                                                                                                       \
    "{\"path\":\"%s\",\"study_uid\":\"%s\",\"series_uid\":\"%s\",\"sop_uid\":\"%s\",\"sop_class_uid\":\"%s\","        \
    "\"stored_transfer_syntax_uid\":\"%s\",\"transfer_syntax_uid\":\"%s\",\"size\":%s,\"crc32\":%s}"

static const char *const heads[] = {
    [LISTING_CSV] = "path,study_uid,series_uid,sop_uid,sop_class_uid,stored_transfer_syntax_uid,transfer_syntax_uid,"
                    "size,crc32\r\n",
    [LISTING_JSON] = "[\n",
};

static const char *const tails[] = {[LISTING_CSV] = "", [LISTING_JSON] = "\n]\n"};

static size_t write_row(const struct listing *l, size_t i, char out[ROW_MAX])
{
    const struct plan *p = l->plan;
    const struct plan_member *m = &p->members[i];
    const struct listing_row *row = &l->rows[i];
    const char *series = plan_text(p, plan_series_of(p, m)->uid), *sop = plan_text(p, row->sop_uid);
    const char *class = plan_text(p, row->sop_class), *stored = plan_text(p, row->syntax);
    char path[PLAN_PATH_BUFFER], size[24] = "", crc[16] = "";

    plan_path(p, m, path);
    if (m->known || m->deflated) {
        snprintf(size, sizeof size, "%" PRIu64, plan_size(m));
        snprintf(crc, sizeof crc, l->format == LISTING_CSV ? "%08" PRIx32 : "\"%08" PRIx32 "\"", m->crc);
    }
    if (l->format == LISTING_CSV)
        return (size_t)snprintf(out, ROW_MAX, CSV_ROW, path, plan_text(p, l->study), series, sop, class, stored,
                                plan_syntax(p, m), size, crc);
    return (size_t)snprintf(out, ROW_MAX, "%s" JSON_ROW, i ? ",\n" : "", path, plan_text(p, l->study), series, sop,
                            class, stored, plan_syntax(p, m), *size ? size : "null", *crc ? crc : "null");
}

typedef int take_text(void *ctx, const char *text, size_t len, struct err *e);

/* The whole table, piece by piece. */
static int write_all(const struct listing *l, take_text *take, void *ctx, struct err *e)
{
    char row[ROW_MAX];

    if (take(ctx, heads[l->format], strlen(heads[l->format]), e))
        return -1;
    for (size_t i = 0; i < l->plan->count; i++)
        if (take(ctx, row, write_row(l, i, row), e))
            return -1;
    return take(ctx, tails[l->format], strlen(tails[l->format]), e);
}

struct measure {
    EVP_MD_CTX *digest;
    uint64_t length;
};

static int measure(void *ctx, const char *text, size_t len, struct err *e)
{
    struct measure *m = ctx;

    m->length += len;
    if (EVP_DigestUpdate(m->digest, text, len) != 1)
        return err_set(e, ERR_SYSTEM, "libcrypto cannot compute a SHA-256");
    return 0;
}

/* The text is the same for as long as the digest is. */
static int identify(struct listing *l, struct err *e)
{
    struct measure m = {.digest = EVP_MD_CTX_new()};
    uint8_t digest[EVP_MAX_MD_SIZE];
    char *to = l->plan->etag;
    int rc = 0;

    if (!m.digest || EVP_DigestInit_ex(m.digest, EVP_sha256(), NULL) != 1)
        rc = err_set(e, ERR_SYSTEM, "libcrypto cannot compute a SHA-256");
    if (rc == 0)
        rc = write_all(l, measure, &m, e);
    if (rc == 0 && EVP_DigestFinal_ex(m.digest, digest, NULL) != 1)
        rc = err_set(e, ERR_SYSTEM, "libcrypto cannot compute a SHA-256");
    EVP_MD_CTX_free(m.digest);
    if (rc)
        return -1;
    *to++ = '"';
    for (size_t i = 0; i < ETAG_BYTES; i++, to += 2)
        snprintf(to, 3, "%02x", digest[i]);
    memcpy(to, "\"", 2);
    l->plan->length = m.length;
    l->plan->length_known = true;
    return 0;
}

int listing_layout(struct listing *l, struct err *e)
{
    return plan_layout(l->plan, e) || identify(l, e) ? -1 : 0;
}

static int put(void *ctx, const char *text, size_t len, struct err *e)
{
    return window_put(ctx, text, len, e);
}

int listing_send_range(const struct listing *l, uint64_t first, uint64_t last, struct sink *s, struct err *e)
{
    struct window w = {.sink = s, .first = first, .end = last + 1};

    if (first > last || last >= l->plan->length)
        return err_set(e, ERR_RANGE, "bytes %" PRIu64 " to %" PRIu64 " are not a part of the table", first, last);
    return write_all(l, put, &w, e);
}
