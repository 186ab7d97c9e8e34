/* SPDX-License-Identifier: MIT */
#include "store/s3_stream.h"

#include <unistd.h>

#include "base/io.h"

void s3_stream_release(struct s3_stream *s)
{
    for (size_t i = 0; i < S3_STREAM_PARTS; i++)
        s3_fetch_drop(s->fetch, s->parts[i]);
    io_close(&s->fd);
    free(s->path);
    *s = (struct s3_stream){.fetch = s->fetch, .versions = s->versions, .fd = -1};
}

/* Request parts as far ahead as allowed. */
static int stream_ahead(struct s3_stream *s, struct err *e)
{
    uint64_t first = s->want.from & ~(S3_STREAM_STEP - 1), end = s->want.from + s->want.len;

    for (; s->next * S3_STREAM_PART < end && s->next < s->done + S3_STREAM_PARTS; s->next++) {
        struct s3_want w = s->want;
        struct s3_meta known = {0};
        uint64_t stop = (s->next + 1) * S3_STREAM_PART;

        w.path = s->path;
        (void)s3_versions_find(s->versions, s->path, &known);
        w.etag = known.etag;
        w.fd = s->fd;
        w.from = s->next * S3_STREAM_PART > first ? s->next * S3_STREAM_PART : first;
        w.len = (end < stop ? end : stop) - w.from;
        s->parts[s->next % S3_STREAM_PARTS] = s3_fetch_start(s->fetch, &w, e);
        if (!s->parts[s->next % S3_STREAM_PARTS])
            return -1;
    }
    return 0;
}

int s3_stream_begin(struct s3_stream *s, const struct s3_want *w, int fd, struct err *e)
{
    s->want = *w;
    s->path = strdup(w->path);
    s->fd = fd;
    s->next = s->done = w->from / S3_STREAM_PART;
    if (fd < 0 || !s->path || ftruncate(fd, (off_t)w->size))
        return err_sys(e, ERR_SYSTEM, "cannot make a file for an object");
    return stream_ahead(s, e);
}

int s3_stream_take(struct s3_stream *s, struct err *e)
{
    size_t slot = s->done % S3_STREAM_PARTS;
    int rc = s3_fetch_wait(s->fetch, s->parts[slot], NULL, e);

    s3_fetch_drop(s->fetch, s->parts[slot]);
    s->parts[slot] = NULL;
    if (rc)
        return -1;
    s->done++;
    return stream_ahead(s, e);
}
