/* SPDX-License-Identifier: MIT */
#include "body/send_part.h"

#include "base/crc.h"
#include "format/format.h"

int send_part_head(struct range_filter *w, const struct content *f, const struct plan_member *m,
                   struct err *e)
{
    uint8_t head[FRAMING_HEAD_MAX];
    size_t len = format_of(f->plan->options.framing)->head(f->progress, m, head);

    return range_filter_put(w, head, len, e);
}

int send_part_data(struct range_filter *w, struct content *f, const struct plan_member *m,
                   const struct content_data *c, struct sha256 *d, struct err *e)
{
    struct range_part part = range_filter_part(w, c->size);
    bool whole = range_filter_covers(w, c->size);
    uint32_t crc = 0;

    while (part.from < part.end) {
        size_t room;
        uint8_t *space = sink_space(w->sink, &room, e);
        ssize_t got;

        if (!space)
            return -1;
        if (room > part.end - part.from)
            room = (size_t)(part.end - part.from);
        got = file_source_read(&f->source, c->fd, space, room, c->at + part.from);
        if (got < 0)
            return err_sys(e, ERR_DATA, "cannot read %s", file_source_label(&f->source, m));
        if ((size_t)got < room)
            return err_set(
                e, ERR_DATA,
                "%s ends before its %llu bytes: it was cut short while it was being sent",
                file_source_label(&f->source, m), (unsigned long long)c->size);
        if (whole)
            crc = crc_update(crc, space, room);
        if (sha256_update(d, space, room, e))
            return -1;
        sink_commit(w->sink, room);
        part.from += room;
    }
    if (whole && crc != c->crc)
        return err_set(e, ERR_DATA, "the content of %s has CRC-32 %08x, not %08x as recorded",
                       file_source_label(&f->source, m), crc, c->crc);
    w->at += c->size;
    return 0;
}
