/* SPDX-License-Identifier: MIT */
#include "body/splice_side.h"

#include <stdlib.h>

#include "base/crc.h"
#include "base/deflate.h"
#include "base/io.h"
#include "base/spool.h"

/* A piece of a span, and what is made of it. */
struct side_piece {
    uint8_t *in, *out;
    size_t room; /* of in */
};

static int put_side_bytes(struct splices *s, const uint8_t *data, size_t len,
                          struct splice_side *out, struct err *e)
{
    if (io_write(s->fd, data, len))
        return err_sys(e, ERR_SYSTEM, "cannot write a temporary file (setting spool)");
    out->stored_crc = crc_update(out->stored_crc, data, len);
    out->stored_size += len;
    s->size += len;
    return 0;
}

/* Append the next `len` bytes, which p->in has. */
static int append_side_piece(struct splices *s, const struct splice_span *span,
                             struct side_piece *p, size_t len, struct splice_side *out,
                             struct err *e)
{
    bool last;
    size_t made;

    out->crc = crc_update(out->crc, p->in, len);
    out->size += len;
    if (!span->deflated)
        return put_side_bytes(s, p->in, len, out, e);
    last = span->ends && out->size == span->end - span->from;
    made = deflate_block(s->deflate, p->in, len, last, p->out, e);
    return made ? put_side_bytes(s, p->out, made, out, e) : -1;
}

/* An empty span that ends a stream is a block, too. */
static int append_span(struct splices *s, const struct splice_span *span, struct side_piece *p,
                       struct splice_side *out, struct err *e)
{
    uint64_t at = span->from;

    do {
        size_t len = span->end - at < p->room ? (size_t)(span->end - at) : p->room;

        if (len && io_pread(span->fd, p->in, len, at) != (ssize_t)len)
            return err_sys(e, ERR_SYSTEM, "cannot read a header back");
        if (append_side_piece(s, span, p, len, out, e))
            return -1;
        at += len;
    } while (at < span->end);
    return 0;
}

static int make_side_room(struct splices *s, const struct splice_span *span, struct side_piece *p,
                          struct err *e)
{
    uint64_t bytes = span->end - span->from;

    p->room = bytes < DEFLATE_BLOCK ? (size_t)bytes : DEFLATE_BLOCK;
    p->in = malloc(p->room + 1);
    p->out = span->deflated ? malloc(DEFLATE_BOUND(p->room)) : NULL;
    if (!p->in || (span->deflated && !p->out))
        return err_set(e, ERR_MEMORY, "no memory left for a header");
    return span->deflated && !s->deflate ? deflate_open(&s->deflate, e) : 0;
}

int splice_side_append(struct splices *s, const struct splice_span *span, struct splice_side *out,
                       struct err *e)
{
    struct side_piece p = {0};
    int rc;

    *out = (struct splice_side){.at = s->size, .stored_at = s->size};
    if (s->fd < 0 && (s->fd = spool_unlinked_file(s->spool, e)) < 0)
        return -1;
    rc = make_side_room(s, span, &p, e);
    if (rc == 0)
        rc = append_span(s, span, &p, out, e);
    free(p.in);
    free(p.out);
    return rc;
}
