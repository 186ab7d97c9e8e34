/* SPDX-License-Identifier: MIT */
#include "body/spooled.h"

#include "base/crc.h"
#include "base/gzip.h"
#include "base/io.h"
#include "base/spool.h"
#include "body/body.h"
#include "format/finish.h"

static int write_piece(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct spooled *b = ctx;

    b->crc = crc_update(b->crc, data, len);
    b->length += len;
    return io_write(b->fd, data, len)
               ? err_sys(e, ERR_SYSTEM, "cannot write a temporary file (setting spool)")
               : 0;
}

/* Set the length; archives now have all sizes. */
static int set_length(const struct spooled *b, struct plan_progress *g, struct err *e)
{
    if (g->plan->options.content == PLAN_INSTANCES && finish_measure(g, e))
        return -1;
    if (g->length_known && g->length != b->length)
        return err_set(e, ERR_SYSTEM, "an answer was made as %llu bytes, not %llu",
                       (unsigned long long)b->length, (unsigned long long)g->length);
    g->length = b->length;
    g->length_known = true;
    return 0;
}

int spooled_open(struct spooled *b, const char *spool, struct sink *s, struct err *e)
{
    *b = (struct spooled){.fd = spool_unlinked_file(spool, e)};
    return b->fd < 0 ? -1 : sink_open(s, write_piece, b, e);
}

int spooled_make(struct spooled *b, struct content *f, const char *spool, struct err *e)
{
    struct sink s = {0};
    int rc = spooled_open(b, spool, &s, e);

    if (rc == 0)
        rc = body_send(f, &s, e) || sink_flush(&s, e) ? -1 : 0;
    sink_close(&s);
    return rc || set_length(b, f->progress, e) ? -1 : 0;
}

int spooled_compress(struct spooled *b, const char *spool, struct err *e)
{
    struct spooled made;
    struct sink s = {0};
    int rc = spooled_open(&made, spool, &s, e);

    if (rc == 0)
        rc = gzip_file(b->fd, b->length, b->crc, &s, e) || sink_flush(&s, e) ? -1 : 0;
    sink_close(&s);
    if (rc) {
        io_close(&made.fd);
        return -1;
    }
    spooled_release(b);
    *b = made;
    return 0;
}

int spooled_send(const struct spooled *b, uint64_t first, uint64_t end, struct sink *s,
                 struct err *e)
{
    while (first < end) {
        size_t room;
        uint8_t *space = sink_space(s, &room, e);

        if (!space)
            return -1;
        if (room > end - first)
            room = (size_t)(end - first);
        if (io_pread(b->fd, space, room, first) != (ssize_t)room)
            return err_sys(e, ERR_SYSTEM, "cannot read a temporary file back");
        sink_commit(s, room);
        first += room;
    }
    return 0;
}

static struct cache_key body_key(const char *etag)
{
    return (struct cache_key){.sop_uid = etag, .target = "body"};
}

bool spooled_get(struct spooled *b, struct cache *k, const char *etag)
{
    const struct cache_key key = body_key(etag);
    struct helper_result r;

    if (!k || !cache_get(k, &key, HELPER_PACK_NOTHING, &r))
        return false;
    *b = (struct spooled){.fd = r.fd, .length = r.size, .crc = r.crc};
    return true;
}

void spooled_put(const struct spooled *b, struct cache *k, const char *etag)
{
    const struct cache_key key = body_key(etag);
    const struct helper_result r = {
        .fd = b->fd, .size = b->length, .crc = b->crc, .packed_crc = b->crc};

    if (k)
        cache_put(k, &key, &r);
}

void spooled_release(struct spooled *b)
{
    io_close(&b->fd);
}
