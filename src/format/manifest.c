/* SPDX-License-Identifier: MIT */
#include "format/manifest.h"

#include <inttypes.h>

#include "base/crc.h"
#include "base/hex.h"
#include "base/mem.h"
#include "format/dicomdir.h"

#define ROW_MAX 1024 /* bytes: a path, six UIDs, two numbers, a digest and their names */
#define ETAG_BYTES 20

_Static_assert(PLAN_PATH_BUFFER + 6 * (UID_MAX + 32) + 192 <= ROW_MAX, "a row fits");

void manifest_init(struct manifest *l, struct plan *p, enum manifest_format format)
{
    *l = (struct manifest){.plan = p, .format = format};
}

void manifest_release(struct manifest *l)
{
    free(l->rows);
    *l = (struct manifest){0};
}

/*
 * Add a string to the plan, or reuse the one at `last` if it is the same:
 * adjacent ones mostly are.
 */
static int manifest_add_string(struct plan *p, const char *s, uint32_t last, uint32_t *at,
                               struct err *e)
{
    if (last && strcmp(plan_text(p, last), s) == 0) {
        *at = last;
        return 0;
    }
    return plan_string(p, s, strlen(s), at, e);
}

/* The digest is known if the file itself is the member, deflated or not. */
static void take_digest(struct manifest *l, struct manifest_row *row, const struct plan_member *m,
                        const struct instance *i)
{
    row->digested = i->sha256 && m->source == PLAN_FILE;
    if (row->digested)
        memcpy(row->digest, i->sha256, SHA256_BYTES);
    else
        l->missing++;
}

int manifest_add(struct manifest *l, struct store *s, const struct instance *i, struct err *e)
{
    struct plan *p = l->plan;
    size_t n = p->count;
    struct manifest_row last = {0}, *row;

    if (plan_add(p, s, i, e))
        return -1;
    if (p->count == n)
        return 0; /* refused: finish_plan() fails */
    if (mem_grow(&l->rows, &l->room, p->count,
                 MEM_ELEMENTS(*l->rows, UINT32_MAX, "rows of a table"), e))
        return -1;
    if (plan_instances(p) > 1)
        last = l->rows[n - 1];
    row = &l->rows[n];
    *row = (struct manifest_row){.sop_uid = p->members[n].sop_uid, .conflicts = i->conflicts};
    take_digest(l, row, &p->members[n], i);
    if (!row->sop_uid && plan_string(p, i->sop_uid, strlen(i->sop_uid), &row->sop_uid, e))
        return -1;
    return manifest_add_string(p, i->sop_class, last.sop_class, &row->sop_class, e) ||
                   manifest_add_string(p, i->transfer_syntax, last.syntax, &row->syntax, e)
               ? -1
               : 0;
}

/*
 * No field contains a comma, a quotation mark or a backslash (names.h, uid.h),
 * so none needs quotes or escapes.
 */
#define CSV_NAMES \
    "path,study_uid,series_uid,sop_uid,sop_class_uid,stored_transfer_syntax_uid,transfer_syntax_uid,size,crc32"
#define CSV_ROW "%s,%s,%s,%s,%s,%s,%s,%s,%s,%s\r\n"
#define JSON_ROW \
    "%s{\"path\":\"%s\",\"study_uid\":\"%s\",\"series_uid\":\"%s\",\"sop_uid\":\"%s\",\"sop_class_uid\":\"%s\"," \
    "\"stored_transfer_syntax_uid\":\"%s\",\"transfer_syntax_uid\":\"%s\",\"size\":%s,\"crc32\":%s,\"conflicts\":%s}"

static const struct shape {
    const char *name; /* of a manifest */
    const char *head, *tail;
} shapes[] = {
    [MANIFEST_CSV] = {NULL, CSV_NAMES ",conflicts\r\n", ""},
    [MANIFEST_JSON] = {NULL, "[\n", "\n]\n"},
    [MANIFEST_SHA256] = {"MANIFEST.sha256", "", ""},
    [MANIFEST_CSV_SHA256] = {"MANIFEST.csv", CSV_NAMES ",sha256\r\n", ""},
};

bool manifest_is_member(const struct manifest *l)
{
    return shapes[l->format].name != NULL;
}

static size_t write_row(const struct manifest *l, const struct plan_progress *g, size_t i,
                        char out[ROW_MAX])
{
    const struct plan *p = l->plan;
    const struct plan_member *m = &p->members[i];
    const struct plan_fact fact = plan_progress_fact(g, m);
    const struct manifest_row *row = &l->rows[i];
    bool generated = m->source == PLAN_GENERATED;
    const struct plan_series *of = generated ? &p->series[0] : plan_series_of(p, m);
    const char *study = plan_text(p, of->study), *series = generated ? "" : plan_text(p, of->uid);
    const char *sop = plan_text(p, row->sop_uid), *class = plan_text(p, row->sop_class);
    const char *stored = plan_text(p, row->syntax), *sent = plan_syntax(p, m);
    char path[PLAN_PATH_BUFFER], size[24] = "", crc[16] = "", last[2 * SHA256_BYTES + 1];

    plan_path(p, m, path);
    if (manifest_is_member(l))
        hex_write(last, row->digest, SHA256_BYTES);
    else
        snprintf(last, sizeof last, "%" PRIu32, row->conflicts);
    if (l->format == MANIFEST_SHA256)
        return (size_t)snprintf(out, ROW_MAX, "%s  %s\n", last, path);
    /* Of a manifest the length must not change while CRC-32s become known. */
    if (fact.known || fact.deflated || manifest_is_member(l)) {
        snprintf(size, sizeof size, "%" PRIu64, fact.size);
        snprintf(crc, sizeof crc, l->format == MANIFEST_JSON ? "\"%08" PRIx32 "\"" : "%08" PRIx32,
                 fact.crc);
    }
    if (l->format == MANIFEST_JSON)
        return (size_t)snprintf(out, ROW_MAX, JSON_ROW, i ? ",\n" : "", path, study, series, sop,
                                class, stored, sent, *size ? size : "null", *crc ? crc : "null",
                                last);
    return (size_t)snprintf(out, ROW_MAX, CSV_ROW, path, study, series, sop, class, stored, sent,
                            size, crc, last);
}

typedef int take_text(void *ctx, const char *text, size_t len, struct err *e);

/* Write the whole table piece by piece. */
static int manifest_write_all(const struct manifest *l, const struct plan_progress *g,
                              take_text *take, void *ctx, struct err *e)
{
    const struct shape *shape = &shapes[l->format];
    char row[ROW_MAX];

    if (take(ctx, shape->head, strlen(shape->head), e))
        return -1;
    for (size_t i = 0; i < l->plan->count; i++)
        if (take(ctx, row, write_row(l, g, i, row), e))
            return -1;
    return take(ctx, shape->tail, strlen(shape->tail), e);
}

struct measure {
    struct sha256 digest;
    uint64_t length;
    uint32_t crc;
};

static int manifest_measure(void *ctx, const char *text, size_t len, struct err *e)
{
    struct measure *m = ctx;

    m->length += len;
    m->crc = crc_update(m->crc, text, len);
    return sha256_update(&m->digest, text, len, e);
}

/* The text is the same for as long as the digest is. */
int manifest_identify(const struct manifest *l, struct plan_progress *g, struct err *e)
{
    struct measure m = {.length = 0};
    uint8_t digest[SHA256_BYTES];
    int rc = sha256_open(&m.digest, e) || manifest_write_all(l, g, manifest_measure, &m, e) ||
                     sha256_finish(&m.digest, digest, e)
                 ? -1
                 : 0;

    sha256_close(&m.digest);
    if (rc)
        return -1;
    g->etag[0] = '"';
    memcpy(hex_write(g->etag + 1, digest, ETAG_BYTES), "\"", 2);
    g->length = m.length;
    g->length_known = true;
    return 0;
}

int manifest_list_dicomdir(struct manifest *l, struct err *e)
{
    struct plan *p = l->plan;
    struct manifest_row *row;

    if (!p->dicomdir)
        return 0;
    if (mem_grow(&l->rows, &l->room, p->count,
                 MEM_ELEMENTS(*l->rows, UINT32_MAX, "rows of a table"), e))
        return -1;
    row = &l->rows[0];
    *row = (struct manifest_row){.syntax = p->syntaxes[p->members[0].syntax]};
    l->missing++;
    return manifest_add_string(p, p->dicomdir->uid, 0, &row->sop_uid, e) ||
                   manifest_add_string(p, DICOMDIR_SOP_CLASS, 0, &row->sop_class, e)
               ? -1
               : 0;
}

static int manifest_put_text(void *ctx, const char *text, size_t len, struct err *e)
{
    return range_filter_put(ctx, text, len, e);
}

int manifest_send_range(const struct manifest *l, const struct plan_progress *g, uint64_t first,
                        uint64_t end, struct sink *s, struct err *e)
{
    struct range_filter w = {.sink = s, .first = first, .end = end};

    if (first >= end || end > g->length)
        return err_set(e, ERR_RANGE, "bytes [%" PRIu64 ", %" PRIu64 ") are not a part of the table",
                       first, end);
    return manifest_write_all(l, g, manifest_put_text, &w, e);
}

const char *manifest_name(const struct manifest *l)
{
    return shapes[l->format].name;
}

uint64_t manifest_length(const struct manifest *l, const struct plan_progress *g)
{
    struct err none = ERR_INIT;
    struct measure m = {.length = 0};

    (void)!manifest_write_all(l, g, manifest_measure, &m, &none);
    return m.length;
}

uint32_t manifest_crc(const struct manifest *l, const struct plan_progress *g)
{
    struct err none = ERR_INIT;
    struct measure m = {.length = 0};

    (void)!manifest_write_all(l, g, manifest_measure, &m, &none);
    return m.crc;
}

int manifest_put(const struct manifest *l, const struct plan_progress *g, struct range_filter *w,
                 struct err *e)
{
    return manifest_write_all(l, g, manifest_put_text, w, e);
}

void manifest_set_digest(struct manifest *l, size_t i, const uint8_t digest[SHA256_BYTES])
{
    memcpy(l->rows[i].digest, digest, SHA256_BYTES);
    l->rows[i].digested = l->rows[i].fresh = true;
    l->missing--;
}

size_t manifest_fresh(const struct manifest *l, size_t *at, struct instance_digest *out,
                      size_t room)
{
    const struct plan *p = l->plan;
    size_t n = 0;

    for (; p && *at < p->count && *at < l->room && n < room; ++*at) {
        const struct manifest_row *row = &l->rows[*at];
        const struct plan_member *m = &p->members[*at];

        if (m->source == PLAN_FILE && row->fresh)
            out[n++] =
                (struct instance_digest){plan_text(p, row->sop_uid), m->file_crc, row->digest};
    }
    return n;
}
