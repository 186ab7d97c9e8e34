#include "archive/listing.h"

#include <inttypes.h>

#include "archive/dicomdir.h"
#include "base/crc.h"
#include "base/mem.h"

#define ROW_MAX 1024 /* bytes: a path, six UIDs, two numbers, a digest and their names */
#define ETAG_BYTES 20

_Static_assert(PLAN_PATH_BUFFER + 6 * (DUID_MAX + 32) + 192 <= ROW_MAX, "a row fits");

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

/* Known already where the file itself is the member, deflated or not. */
static void take_digest(struct listing *l, struct listing_row *row, const struct plan_member *m, const struct instance *i)
{
    row->digested = i->sha256 && !m->converted;
    if (row->digested)
        memcpy(row->digest, i->sha256, DIGEST_BYTES);
    else
        l->missing++;
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
    if (mem_grow(&l->rows, &l->room, p->count, sizeof *l->rows, UINT32_MAX, "rows of a table", e))
        return -1;
    if (plan_instances(p) > 1)
        last = l->rows[n - 1];
    row = &l->rows[n];
    *row = (struct listing_row){.sop_uid = p->members[n].sop_uid, .conflicts = i->conflicts};
    take_digest(l, row, &p->members[n], i);
    if (add_string(p, i->study_uid, l->study, &l->study, e) ||
        (!row->sop_uid && plan_string(p, i->sop_uid, strlen(i->sop_uid), &row->sop_uid, e)))
        return -1;
    return add_string(p, i->sop_class, last.sop_class, &row->sop_class, e) ||
                   add_string(p, i->transfer_syntax, last.syntax, &row->syntax, e) ? -1 : 0;
}

/* No field holds a comma, a quotation mark or a backslash (names.h, duid.h), so that none needs quotes or escapes. */
#define CSV_NAMES                                                                                                      \
    "path,study_uid,series_uid,sop_uid,sop_class_uid,stored_transfer_syntax_uid,transfer_syntax_uid,size,crc32"
#define CSV_ROW "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\r\n"
#define JSON_ROW                                                                                                       \
    "%s{\"path\":\"%s\",\"study_uid\":\"%s\",\"series_uid\":\"%s\",\"sop_uid\":\"%s\",\"sop_class_uid\":\"%s\","      \
    "\"stored_transfer_syntax_uid\":\"%s\",\"transfer_syntax_uid\":\"%s\",\"size\":%s,\"crc32\":%s,\"conflicts\":%s}"

static const struct shape {
    const char *name; /* of a manifest */
    const char *head, *tail;
} shapes[] = {
    [LISTING_CSV] = {NULL, CSV_NAMES ",conflicts\r\n", ""},
    [LISTING_JSON] = {NULL, "[\n", "\n]\n"},
    [LISTING_SHA256] = {"MANIFEST.sha256", "", ""},
    [LISTING_CSV_SHA256] = {"MANIFEST.csv", CSV_NAMES ",sha256\r\n", ""},
};

static bool is_manifest(const struct listing *l)
{
    return shapes[l->format].name != NULL;
}

static void write_hex(const uint8_t *bytes, size_t count, char *out)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < count; i++) {
        *out++ = digits[bytes[i] >> 4];
        *out++ = digits[bytes[i] & 15];
    }
    *out = '\0';
}

static size_t write_row(const struct listing *l, size_t i, char out[ROW_MAX])
{
    const struct plan *p = l->plan;
    const struct plan_member *m = &p->members[i];
    const struct listing_row *row = &l->rows[i];
    const char *study = plan_text(p, l->study), *series = m->made ? "" : plan_text(p, plan_series_of(p, m)->uid);
    const char *sop = plan_text(p, row->sop_uid), *class = plan_text(p, row->sop_class);
    const char *stored = plan_text(p, row->syntax), *sent = plan_syntax(p, m);
    char path[PLAN_PATH_BUFFER], size[24] = "", crc[16] = "", last[2 * DIGEST_BYTES + 1];

    plan_path(p, m, path);
    if (is_manifest(l))
        write_hex(row->digest, DIGEST_BYTES, last);
    else
        snprintf(last, sizeof last, "%" PRIu32, row->conflicts);
    if (l->format == LISTING_SHA256)
        return (size_t)snprintf(out, ROW_MAX, "%s  %s\n", last, path);
    if (m->known || m->deflated) {
        snprintf(size, sizeof size, "%" PRIu64, plan_size(p, m));
        snprintf(crc, sizeof crc, l->format == LISTING_JSON ? "\"%08" PRIx32 "\"" : "%08" PRIx32, m->crc);
    }
    if (l->format == LISTING_JSON)
        return (size_t)snprintf(out, ROW_MAX, JSON_ROW, i ? ",\n" : "", path, study, series, sop, class, stored, sent,
                                *size ? size : "null", *crc ? crc : "null", last);
    return (size_t)snprintf(out, ROW_MAX, CSV_ROW, path, study, series, sop, class, stored, sent, size, crc, last);
}

typedef int take_text(void *ctx, const char *text, size_t len, struct err *e);

/* The whole table, piece by piece. */
static int write_all(const struct listing *l, take_text *take, void *ctx, struct err *e)
{
    const struct shape *shape = &shapes[l->format];
    char row[ROW_MAX];

    if (take(ctx, shape->head, strlen(shape->head), e))
        return -1;
    for (size_t i = 0; i < l->plan->count; i++)
        if (take(ctx, row, write_row(l, i, row), e))
            return -1;
    return take(ctx, shape->tail, strlen(shape->tail), e);
}

struct measure {
    struct digest digest;
    uint64_t length;
    uint32_t crc;
};

static int measure(void *ctx, const char *text, size_t len, struct err *e)
{
    struct measure *m = ctx;

    m->length += len;
    m->crc = crc_update(m->crc, text, len);
    return digest_update(&m->digest, text, len, e);
}

/* The text is the same for as long as the digest is. */
static int identify(struct listing *l, struct err *e)
{
    struct measure m = {.length = 0};
    uint8_t digest[DIGEST_BYTES];
    char *to = l->plan->etag;
    int rc = digest_open(&m.digest, e) || write_all(l, measure, &m, e) || digest_finish(&m.digest, digest, e) ? -1 : 0;

    digest_close(&m.digest);
    if (rc)
        return -1;
    *to++ = '"';
    write_hex(digest, ETAG_BYTES, to);
    memcpy(to + 2 * ETAG_BYTES, "\"", 2);
    l->plan->length = m.length;
    l->plan->length_known = true;
    return 0;
}

/* It has a row of its own, without a series. */
static int add_dicomdir(struct listing *l, struct err *e)
{
    struct plan *p = l->plan;
    struct listing_row *row;

    if (mem_grow(&l->rows, &l->room, p->count, sizeof *l->rows, UINT32_MAX, "rows of a table", e))
        return -1;
    row = &l->rows[0];
    *row = (struct listing_row){.syntax = p->syntaxes[p->members[0].syntax]};
    l->missing++;
    return add_string(p, p->dicomdir->uid, 0, &row->sop_uid, e) || add_string(p, DICOMDIR_SOP_CLASS, 0, &row->sop_class, e)
               ? -1 : 0;
}

int listing_layout(struct listing *l, struct err *e)
{
    if (l->plan->dicomdir && add_dicomdir(l, e))
        return -1;
    if (is_manifest(l))
        l->plan->manifest = l;
    if (plan_layout(l->plan, e))
        return -1;
    return is_manifest(l) ? 0 : identify(l, e);
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

const char *listing_name(const struct listing *l)
{
    return shapes[l->format].name;
}

uint64_t listing_length(const struct listing *l)
{
    struct err none = ERR_INIT;
    struct measure m = {.length = 0};

    (void)!write_all(l, measure, &m, &none);
    return m.length;
}

uint32_t listing_crc(const struct listing *l)
{
    struct err none = ERR_INIT;
    struct measure m = {.length = 0};

    (void)!write_all(l, measure, &m, &none);
    return m.crc;
}

int listing_put(const struct listing *l, struct window *w, struct err *e)
{
    return write_all(l, put, w, e);
}

void listing_set_digest(struct listing *l, size_t i, const uint8_t digest[DIGEST_BYTES])
{
    memcpy(l->rows[i].digest, digest, DIGEST_BYTES);
    l->rows[i].digested = l->rows[i].fresh = true;
    l->missing--;
}

size_t listing_fresh(const struct listing *l, size_t *at, struct instance_digest *out, size_t room)
{
    const struct plan *p = l->plan;
    size_t n = 0;

    for (; p && *at < p->count && *at < l->room && n < room; ++*at) {
        const struct listing_row *row = &l->rows[*at];
        const struct plan_member *m = &p->members[*at];

        if (!m->made && !m->converted && row->fresh)
            out[n++] = (struct instance_digest){plan_text(p, row->sop_uid), m->file_crc, row->digest};
    }
    return n;
}
