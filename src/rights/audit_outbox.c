/* SPDX-License-Identifier: MIT */
#include "rights/audit_outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rights/audit_fhir.h"
#include "rights/audit_message.h"

#define PART_STUDIES 50 /* in a message; fewer if it becomes too long */
#define FLUSH_BYTES ((size_t)1 << 20)
#define OUT_MAX (FLUSH_BYTES + ((size_t)1 << 20))

struct waiting_message {
    struct audit_progress *progress;
    size_t begin, end; /* in the buffer */
};

struct audit_outbox {
    const struct audit_receiver *receiver;
    const struct audit_site *site;
    struct fhir_post *post; /* null: syslog */
    struct buf out;
    struct waiting_message waiting[FHIR_POST_MAX];
    size_t count;
    struct fhir_item items[FHIR_POST_MAX];
};

int audit_outbox_open(const struct audit_receiver *r, const struct audit_site *site,
                      struct audit_outbox **out, struct err *e)
{
    struct audit_outbox *o = calloc(1, sizeof *o);

    *out = o;
    if (!o)
        return err_set(e, ERR_MEMORY, "no memory left for audit messages");
    o->receiver = r;
    o->site = site;
    buf_init(&o->out, OUT_MAX);
    return r->fhir ? fhir_open(&r->rest, &o->post, e) : 0;
}

void audit_outbox_close(struct audit_outbox *o)
{
    if (!o)
        return;
    fhir_close(o->post);
    buf_release(&o->out);
    free(o);
}

static void reject(struct audit_progress *p, const char *reason)
{
    if (!p->rejected)
        snprintf(p->reason, sizeof p->reason, "%s", reason);
    p->rejected = true;
}

static int deliver_resources(struct audit_outbox *o, struct err *e)
{
    int rc;

    for (size_t i = 0; i < o->count; i++) {
        o->items[i].json = o->out.data + o->waiting[i].begin;
        o->items[i].len = o->waiting[i].end - o->waiting[i].begin;
    }
    rc = fhir_deliver(o->post, o->items, o->count, e);
    for (size_t i = 0; i < o->count; i++) {
        if (o->items[i].verdict == FHIR_ACCEPTED)
            o->waiting[i].progress->accepted++;
        else if (o->items[i].verdict == FHIR_REJECTED)
            reject(o->waiting[i].progress, o->items[i].reason);
    }
    return rc;
}

static int deliver_messages(struct audit_outbox *o, struct err *e)
{
    int rc = syslog_tls_deliver(&o->receiver->syslog, o->out.data, o->out.len, e);

    for (size_t i = 0; rc == 0 && i < o->count; i++)
        o->waiting[i].progress->accepted++;
    return rc;
}

int audit_outbox_flush(struct audit_outbox *o, struct err *e)
{
    int rc = 0;

    if (o->count)
        rc = o->post ? deliver_resources(o, e) : deliver_messages(o, e);
    o->count = 0;
    buf_clear(&o->out);
    return rc;
}

static int write_message(struct audit_outbox *o, const struct audit_record *r,
                         const struct audit_part *part, struct err *e)
{
    return o->post ? audit_fhir_put(&o->out, r, part, o->site, e)
                   : audit_message_put(&o->out, r, part, o->site, e);
}

/* Add a message that names these studies. Fails with ERR_TOO_LARGE if they are too many. */
static int put_message(struct audit_outbox *o, const struct audit_record *r,
                       const struct audit_part *part, struct audit_progress *progress,
                       struct err *e)
{
    size_t begin = o->out.len;

    if (write_message(o, r, part, e))
        return -1;
    o->waiting[o->count++] = (struct waiting_message){progress, begin, o->out.len};
    progress->sent++;
    return o->count == FHIR_POST_MAX || o->out.len >= FLUSH_BYTES ? audit_outbox_flush(o, e) : 0;
}

/* Return how many of the first studies one message may name. */
static uint64_t fitting(const struct audit_outbox *o, const struct audit_part *part)
{
    const struct audit_study *s = part->studies;
    uint64_t n = part->count < PART_STUDIES ? part->count : PART_STUDIES;

    for (uint64_t i = 1; o->post && i < n; i++)
        if (strcmp(s[i].patient, s[0].patient) != 0 || strcmp(s[i].issuer, s[0].issuer) != 0)
            return i;
    return n;
}

int audit_outbox_put(struct audit_outbox *o, const struct audit_record *r,
                     const struct audit_part *part, struct audit_progress *progress, struct err *e)
{
    struct audit_part rest = *part;
    uint64_t n = fitting(o, &rest);

    do {
        const struct audit_part piece = {rest.studies, rest.first, n, rest.total};
        struct err why = ERR_INIT;

        if (put_message(o, r, &piece, progress, &why) && why.kind != ERR_TOO_LARGE)
            return err_pass(e, &why);
        if (why.kind && n > 1) {
            n /= 2;
            continue;
        }
        if (why.kind)
            reject(progress, why.text);
        rest.studies += n, rest.first += n, rest.count -= n;
        n = fitting(o, &rest);
    } while (rest.count > 0);
    return 0;
}
