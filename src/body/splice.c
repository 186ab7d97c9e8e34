/* SPDX-License-Identifier: MIT */
#include "body/splice.h"

#include <inttypes.h>
#include <string.h>

#include "base/crc.h"
#include "base/io.h"
#include "base/spool.h"

#define PIECE ((size_t)64 << 10)
#define TARGET_MAX 48
#define AHEAD 16 /* members whose headers are made ahead */

bool splice_due(const struct content *f)
{
    if (!f->plan->pixels || f->splices.of)
        return false;
    for (size_t i = 0; i < f->plan->count; i++)
        if (splices_member(f->plan, i))
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

/* Submit jobs of members before `end` whose headers are not made, as many as
 * the pool takes. */
static int splice_submit(struct content *f, size_t end, struct err *e)
{
    struct splices *s = &f->splices;

    for (; s->next < end && helper_pool_room(f->pool) > 0; s->next++) {
        if (!splices_member(f->plan, s->next) || s->of[s->next].asked || s->of[s->next].made)
            continue;
        if (!file_source_enter(&f->source, s->next, &s->held))
            break;
        if (splice_ask(f, s->next, e))
            return -1;
        s->of[s->next].asked = true;
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
    if (s->fd < 0 && (s->fd = spool_unlinked_file(s->spool, e)) < 0)
        return -1;
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

int splice_complete(struct content *f, size_t i, struct err *e)
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

static bool is_same_header(const struct splice *a, const struct splice *b)
{
    return a->head == b->head && a->tail == b->tail && a->head_crc == b->head_crc &&
           a->tail_crc == b->tail_crc && a->pixels == b->pixels;
}

static int splice_take(struct content *f, size_t i, const struct helper_result *r, struct err *e)
{
    struct splice *s = &f->splices.of[i];
    struct splice made = {.head = r->cut ? r->cut : r->size,
                          .at = f->splices.size,
                          .pixels = r->cut > 0,
                          .known = true,
                          .made = true};

    made.tail = r->size - made.head;
    if (append_header(&f->splices, r->fd, 0, made.head, &made.head_crc, e) ||
        append_header(&f->splices, r->fd, made.head, made.tail, &made.tail_crc, e))
        return -1;
    if (s->known && !is_same_header(s, &made))
        return err_set(
            e, ERR_DATA,
            "the header of %s was made with other bytes than the first time: repeat the request",
            file_source_label(&f->source, &f->plan->members[i]));
    *s = made;
    return splice_complete(f, i, e);
}

static int splice_settle(struct content *f, const struct helper_result *r, struct err *e)
{
    struct splices *s = &f->splices;
    size_t i = (size_t)(r->cookie & UINT32_MAX);

    if ((r->cookie & ~(uint64_t)UINT32_MAX) != f->tag || i >= f->plan->count)
        return 0; /* from a request that ended early */
    s->out--;
    file_source_leave(&f->source, i, &s->held);
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

static int report_risk(const struct content *f, struct err *e)
{
    const struct splices *s = &f->splices;

    if (s->risky == 0)
        return 0;
    return err_set(
        e, ERR_NOT_ACCEPTABLE,
        "%llu of %zu instances may show names in their pixels, which the profile %s does not"
        " send: of the first, %s. Ask for single series, or for a profile with pixels = trust or withhold",
        (unsigned long long)s->risky, plan_instances(f->plan), f->plan->options.profile->name,
        s->risk);
}

int splice_begin(struct content *f, const char *spool, struct err *e)
{
    splices_release(&f->splices);
    f->splices = (struct splices){.fd = -1,
                                  .settle = splice_settle,
                                  .spool = spool,
                                  .of = calloc(f->plan->count, sizeof *f->splices.of)};
    return f->splices.of ? 0
                         : err_set(e, ERR_MEMORY, "no memory left for %zu headers", f->plan->count);
}

static int check_pool(const struct content *f, struct err *e)
{
    return f->pool ? 0
                   : err_set(e, ERR_SYSTEM, "there is no wadozip-dicom to de-identify anything");
}

int splice_make(struct content *f, const char *spool, struct err *e)
{
    const struct splices *s = &f->splices;
    double deadline = f->deadline;
    int rc = check_pool(f, e) || splice_begin(f, spool, e) ? -1 : 0;

    f->deadline = 0;
    while (rc == 0 && (s->out || s->next < f->plan->count))
        rc = splice_submit(f, f->plan->count, e) || (s->out && content_collect(f, e)) ? -1 : 0;
    f->deadline = deadline;
    return rc ? -1 : report_risk(f, e);
}

int splice_open(struct content *f, size_t i, size_t last, struct err *e)
{
    struct splices *s = &f->splices;
    size_t end = last - i < AHEAD ? last + 1 : i + AHEAD;

    if (s->of[i].made)
        return 0;
    if (check_pool(f, e))
        return -1;
    s->next = i;
    while (!s->of[i].made && s->risky == 0)
        if (splice_submit(f, end, e) || content_collect(f, e))
            return -1;
    return report_risk(f, e);
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
