/* SPDX-License-Identifier: MIT */
#include "body/splice.h"

#include <inttypes.h>
#include <string.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/spool.h"

#define PIECE ((size_t)64 << 10)
#define TARGET_MAX 48

struct splicing {
    struct content *content;
    size_t next, out; /* next member; jobs in the pool */
    uint64_t risky;   /* members whose pixels may show names */
    char risk[HELPER_REASON_MAX + 1]; /* of the first of them */
};

static bool is_spliced(const struct plan *p, size_t i)
{
    return p->members[i].source == PLAN_SPLICED;
}

bool splice_due(const struct content *f)
{
    if (!f->plan->pixels || f->splices.of)
        return false;
    for (size_t i = 0; i < f->plan->count; i++)
        if (is_spliced(f->plan, i))
            return true;
    return false;
}

static int splice_ask(struct content *f, size_t i, struct err *e)
{
    const struct plan_pixels *pixels = &f->plan->pixels[i];
    char target[TARGET_MAX];
    const struct helper_order order = {.kind = HELPER_DEIDENTIFY_HEADER,
                                       .target = target,
                                       .profile = plan_profile(&f->plan->options),
                                       .cookie = f->tag | i};
    int fd;

    snprintf(target, sizeof target, "%" PRIu64 " %" PRIu64, pixels->offset, pixels->length);
    if (file_source_open_alone(&f->source, i, &fd, e))
        return -1;
    return helper_pool_order(f->pool, fd, &order, e);
}

/* Submit as many jobs as the pool takes. */
static int splice_submit(struct splicing *s, struct err *e)
{
    struct content *f = s->content;

    for (; s->next < f->plan->count && helper_pool_room(f->pool) > 0; s->next++) {
        if (!is_spliced(f->plan, s->next))
            continue;
        if (splice_ask(f, s->next, e))
            return -1;
        s->out++;
    }
    return 0;
}

/* Append the next `size` bytes of a result to the headers, and compute their
 * CRC-32. */
static int append_header(struct splices *s, int from, uint64_t at, uint64_t size, uint32_t *crc,
                         struct err *e)
{
    static uint8_t piece[PIECE];

    *crc = 0;
    for (uint64_t end = at + size; at < end;) {
        size_t room = end - at < PIECE ? (size_t)(end - at) : PIECE;

        if (io_pread(from, piece, room, at) != (ssize_t)room)
            return err_sys(e, ERR_SYSTEM, "cannot read a header back");
        if (io_write(s->fd, piece, room))
            return err_sys(e, ERR_SYSTEM, "cannot write a temporary file (setting spool)");
        *crc = crc_update(*crc, piece, room);
        at += room;
        s->size += room;
    }
    return 0;
}

/* Size and CRC-32 of the member follow from its parts. */
static int complete(struct content *f, size_t i, struct err *e)
{
    const struct splice *s = &f->splices.of[i];
    const struct plan_pixels *pixels = &f->plan->pixels[i];
    struct plan_fact *fact = plan_progress_edit(f->progress, &f->plan->members[i], e);

    if (!fact)
        return -1;
    fact->size = s->head + s->tail + (s->pixels ? pixels->length : 0);
    fact->stored_size = fact->size;
    fact->crc = s->pixels ? crc_join(s->head_crc, pixels->crc, pixels->length) : s->head_crc;
    fact->crc = crc_join(fact->crc, s->tail_crc, s->tail);
    fact->known = true;
    return 0;
}

static int splice_take(struct content *f, size_t i, const struct helper_result *r, struct err *e)
{
    struct splice *s = &f->splices.of[i];

    *s = (struct splice){
        .at = f->splices.size, .head = r->cut ? r->cut : r->size, .pixels = r->cut > 0};
    s->tail = r->size - s->head;
    if (append_header(&f->splices, r->fd, 0, s->head, &s->head_crc, e) ||
        append_header(&f->splices, r->fd, s->head, s->tail, &s->tail_crc, e))
        return -1;
    return complete(f, i, e);
}

static int splice_settle(struct splicing *s, const struct helper_result *r, struct err *e)
{
    struct content *f = s->content;
    size_t i = (size_t)(r->cookie & UINT32_MAX);

    if (r->class == HELPER_INSTANCE && r->fd >= 0)
        return splice_take(f, i, r, e);
    if (r->class != HELPER_RISK) {
        f->failed = i + 1;
        return err_set(e, ERR_HELPER, "cannot de-identify %s: %s",
                       file_source_label(&f->source, &f->plan->members[i]), r->reason);
    }
    if (s->risky++ == 0)
        memcpy(s->risk, r->reason, sizeof s->risk);
    return 0;
}

/* Results can include those of an earlier request that ended early. */
static int collect(struct splicing *s, struct err *e)
{
    struct content *f = s->content;
    struct helper_result r = {.fd = -1};
    int n = helper_pool_next(f->pool, -1, &r, e), rc = 0;

    if (n <= 0)
        return n < 0 ? -1 : err_set(e, ERR_HELPER, "the pool of wadozip-dicom has lost a job");
    if (r.kind == HELPER_DEIDENTIFY_HEADER && (r.cookie & ~(uint64_t)UINT32_MAX) == f->tag) {
        s->out--;
        rc = splice_settle(s, &r, e);
    }
    io_close(&r.fd);
    return rc;
}

static int report_risk(const struct splicing *s, struct err *e)
{
    const struct plan_options *o = &s->content->plan->options;

    if (s->risky == 0)
        return 0;
    return err_set(
        e, ERR_NOT_ACCEPTABLE,
        "%llu of %zu instances may show names in their pixels, which the profile %s does not"
        " send: of the first, %s. Ask for single series, or for a profile with pixels = trust",
        (unsigned long long)s->risky, plan_instances(s->content->plan), o->profile->name, s->risk);
}

int splice_make(struct content *f, const char *spool, struct err *e)
{
    struct splicing s = {.content = f};
    int rc = 0;

    if (!f->pool)
        return err_set(e, ERR_SYSTEM, "there is no wadozip-dicom to de-identify anything");
    f->splices = (struct splices){.fd = -1, .of = calloc(f->plan->count, sizeof *f->splices.of)};
    if (!f->splices.of)
        return err_set(e, ERR_MEMORY, "no memory left for %zu headers", f->plan->count);
    f->splices.fd = spool_unlinked_file(spool, e);
    if (f->splices.fd < 0)
        return -1;
    do
        rc = splice_submit(&s, e) || (s.out && collect(&s, e)) ? -1 : 0;
    while (rc == 0 && (s.out || s.next < f->plan->count));
    return rc ? -1 : report_risk(&s, e);
}

size_t splice_parts(const struct content *f, size_t i, const struct content_data *c,
                    struct content_data parts[SPLICE_PARTS])
{
    const struct splice *s = &f->splices.of[i];
    const struct plan_pixels *pixels = &f->plan->pixels[i];
    size_t n = 0;

    parts[n++] = (struct content_data){
        .fd = f->splices.fd, .at = s->at, .size = s->head, .crc = s->head_crc};
    if (s->pixels)
        parts[n++] = (struct content_data){
            .fd = c->fd, .at = pixels->offset, .size = pixels->length, .crc = pixels->crc};
    if (s->tail)
        parts[n++] = (struct content_data){
            .fd = f->splices.fd, .at = s->at + s->head, .size = s->tail, .crc = s->tail_crc};
    return n;
}
