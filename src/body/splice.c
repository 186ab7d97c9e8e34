/* SPDX-License-Identifier: MIT */
#include "body/splice.h"

#include <inttypes.h>
#include <string.h>

#include "base/crc.h"
#include "body/splice_side.h"

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

/* Return the bytes of a member's pixel data in the body. */
static uint64_t pixels_size(const struct splice *s, uint64_t length, const struct plan_fact *fact)
{
    return !s->pixels ? 0 : fact->deflated ? fact->deflated_size : length;
}

int splice_complete(struct content *f, size_t i, struct err *e)
{
    const struct splice *s = &f->splices.of[i];
    const struct plan_pixels *pixels = &f->plan->pixels[i];
    struct plan_fact *fact = plan_progress_edit(f->progress, &f->plan->members[i], e);

    if (!fact)
        return -1;
    fact->size = s->head.size + s->tail.size + (s->pixels ? pixels->length : 0);
    fact->stored_size =
        s->head.stored_size + s->tail.stored_size + pixels_size(s, pixels->length, fact);
    fact->crc = s->pixels ? crc_join(s->head.crc, pixels->crc, pixels->length) : s->head.crc;
    fact->crc = crc_join(fact->crc, s->tail.crc, s->tail.size);
    if (!s->pixels)
        fact->deflated_size = 0;
    fact->known = true;
    return 0;
}

static bool is_same_side(const struct splice_side *a, const struct splice_side *b)
{
    return a->size == b->size && a->stored_size == b->stored_size && a->crc == b->crc &&
           a->stored_crc == b->stored_crc;
}

static bool is_same_header(const struct splice *a, const struct splice *b)
{
    return is_same_side(&a->head, &b->head) && is_same_side(&a->tail, &b->tail) &&
           a->pixels == b->pixels;
}

/* Digests need the bytes that the client receives. */
static int append_side(struct content *f, const struct splice_span *span, struct splice_side *out,
                       struct err *e)
{
    const struct splice_span plain = {span->fd, span->from, span->end, false, false};
    struct splice_side copy;

    if (splice_side_append(&f->splices, span, out, e))
        return -1;
    if (!span->deflated || !f->progress->manifest)
        return 0;
    if (splice_side_append(&f->splices, &plain, &copy, e))
        return -1;
    out->at = copy.at;
    return 0;
}

static int splice_take(struct content *f, size_t i, const struct helper_result *r, struct err *e)
{
    struct splice *s = &f->splices.of[i];
    struct splice made = {.pixels = r->cut > 0, .known = true, .made = true};
    bool deflated = plan_progress_fact(f->progress, &f->plan->members[i]).deflated;
    const struct splice_span head = {r->fd, 0, r->cut ? r->cut : r->size, deflated, false},
                             tail = {r->fd, head.end, r->size, deflated, true};

    if (append_side(f, &head, &made.head, e) || append_side(f, &tail, &made.tail, e))
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

static struct content_data side_data(const struct content *f, const struct splice_side *s,
                                     bool plain)
{
    return (struct content_data){.fd = f->splices.fd,
                                 .at = plain ? s->at : s->stored_at,
                                 .size = plain ? s->size : s->stored_size,
                                 .crc = plain ? s->crc : s->stored_crc};
}

size_t splice_parts(const struct content *f, size_t i, const struct content_data *c, bool plain,
                    struct content_data parts[SPLICE_PARTS])
{
    const struct splice *s = &f->splices.of[i];
    const struct plan_pixels *pixels = &f->plan->pixels[i];
    const struct plan_fact fact = plan_progress_fact(f->progress, &f->plan->members[i]);
    bool deflate = fact.deflated && !plain;
    size_t n = 0;

    parts[n++] = side_data(f, &s->head, plain);
    if (s->pixels)
        parts[n++] = (struct content_data){.fd = c->fd,
                                           .deflate = deflate,
                                           .at = pixels->offset,
                                           .size = deflate ? fact.deflated_size : pixels->length,
                                           .crc = pixels->crc};
    if (plain ? s->tail.size : s->tail.stored_size)
        parts[n++] = side_data(f, &s->tail, plain);
    return n;
}

bool splice_is_sent(const struct content *f, size_t i, const struct range_filter *w)
{
    const struct splice *s = &f->splices.of[i];
    struct range_filter tail = *w;

    tail.at +=
        plan_progress_fact(f->progress, &f->plan->members[i]).stored_size - s->tail.stored_size;
    return range_filter_touches(w, s->head.stored_size) ||
           range_filter_touches(&tail, s->tail.stored_size);
}
