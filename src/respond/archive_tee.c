/* SPDX-License-Identifier: MIT */
#include "respond/archive_tee.h"

static void copy_piece(struct archive_tee *t, const uint8_t *data, size_t len)
{
    struct err e = ERR_INIT;
    size_t head = t->head < len ? t->head : len;

    t->head -= head;
    archive_fill_write(&t->fill, data + head, len - head);
    if (sha256_update(&t->digest, data + head, len - head, &e))
        sha256_close(&t->digest);
}

static int copy_and_flush(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct archive_tee *t = ctx;

    copy_piece(t, data, len);
    return t->flush(t->ctx, data, len, e);
}

void archive_tee_begin(struct archive_tee *t, const struct retrieval *r, struct sink *s,
                       bool digest)
{
    struct err e = ERR_INIT;

    if (digest && sha256_open(&t->digest, &e))
        sha256_close(&t->digest);
    if (!retrieve_keep(r, &t->fill) && !t->digest.state)
        return;
    t->head = s->used;
    t->flush = s->flush;
    t->ctx = s->ctx;
    s->flush = copy_and_flush;
    s->ctx = t;
}

int archive_tee_stop(struct archive_tee *t, struct sink *s, bool complete, struct err *e)
{
    struct err none = ERR_INIT;

    if (!t->flush)
        return 0;
    s->flush = t->flush;
    s->ctx = t->ctx;
    if (!complete)
        return 0;
    if (sink_settle(s, e))
        return -1;
    copy_piece(t, s->data, s->used);
    t->digested = t->digest.state && sha256_finish(&t->digest, t->sum, &none) == 0;
    return 0;
}

void archive_tee_end(struct archive_tee *t, bool complete)
{
    sha256_close(&t->digest);
    (void)archive_fill_end(&t->fill, complete);
}
