/* SPDX-License-Identifier: MIT */
#include "respond/archive_tee.h"

static int copy_and_flush(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct archive_tee *t = ctx;

    archive_fill_write(&t->fill, data, len);
    return t->flush(t->ctx, data, len, e);
}

void archive_tee_begin(struct archive_tee *t, const struct retrieval *r, struct sink *s)
{
    if (!retrieve_keep(r, &t->fill))
        return;
    t->flush = s->flush;
    t->ctx = s->ctx;
    s->flush = copy_and_flush;
    s->ctx = t;
}

int archive_tee_stop(struct archive_tee *t, struct sink *s, bool complete, struct err *e)
{
    if (!t->flush)
        return 0;
    s->flush = t->flush;
    s->ctx = t->ctx;
    if (!complete)
        return 0;
    if (sink_settle(s, e))
        return -1;
    archive_fill_write(&t->fill, s->data, s->used);
    return 0;
}

void archive_tee_end(struct archive_tee *t, bool complete)
{
    (void)archive_fill_end(&t->fill, complete);
}
