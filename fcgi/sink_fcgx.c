#include "fcgi/sink_fcgx.h"

#include <errno.h>
#include <fastcgi.h>
#include <sys/socket.h>
#include <sys/uio.h>

#define BATCH 4 /* records of one writev: more bring nothing (they fall out of the cache) */

void sink_fcgx_init(struct sink_fcgx *s, int fd, unsigned id, uint64_t send_buffer)
{
    int bytes = (int)send_buffer;

    *s = (struct sink_fcgx){.fd = fd, .id = (uint16_t)id};
    /* A wish: the system caps it, and no answer depends on it. */
    if (bytes)
        (void)!setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void head(FCGI_Header *h, const struct sink_fcgx *s, unsigned char type, size_t len)
{
    *h = (FCGI_Header){.version = FCGI_VERSION_1,
                       .type = type,
                       .requestIdB1 = (unsigned char)(s->id >> 8),
                       .requestIdB0 = (unsigned char)s->id,
                       .contentLengthB1 = (unsigned char)(len >> 8),
                       .contentLengthB0 = (unsigned char)len};
}

/* Steps over n written bytes; returns the first piece that is not done. */
static struct iovec *step(struct iovec *v, struct iovec *end, size_t n)
{
    while (v < end && n >= v->iov_len)
        n -= v++->iov_len;
    if (v < end) {
        v->iov_base = (char *)v->iov_base + n;
        v->iov_len -= n;
    }
    return v;
}

static int write_all(struct sink_fcgx *s, struct iovec *v, size_t count, struct err *e)
{
    struct iovec *end = v + count;

    while (v < end) {
        ssize_t n = writev(s->fd, v, (int)(end - v));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            return err_set(e, ERR_PEER, "the web server has closed the connection");
        if (n < 0)
            return err_sys(e, ERR_SYSTEM, "cannot write to the web server");
        s->touched = true;
        v = step(v, end, (size_t)n);
    }
    return 0;
}

int sink_fcgx_flush(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct sink_fcgx *s = ctx;

    while (len) {
        FCGI_Header heads[BATCH];
        struct iovec v[2 * BATCH];
        size_t n = 0, bytes = 0;

        for (; n < BATCH && bytes < len; n++) {
            size_t piece = len - bytes < SINK_FCGX_RECORD ? len - bytes : SINK_FCGX_RECORD;

            head(&heads[n], s, FCGI_STDOUT, piece);
            v[2 * n] = (struct iovec){&heads[n], sizeof heads[n]};
            v[2 * n + 1] = (struct iovec){(void *)(uintptr_t)(data + bytes), piece};
            bytes += piece;
        }
        if (write_all(s, v, 2 * n, e))
            return -1;
        s->sent += bytes;
        data += bytes;
        len -= bytes;
    }
    return 0;
}

int sink_fcgx_finish(struct sink_fcgx *s, struct err *e)
{
    FCGI_Header last;
    FCGI_EndRequestRecord end = {.body = {.protocolStatus = FCGI_REQUEST_COMPLETE}};
    struct iovec v[] = {{&last, sizeof last}, {&end, sizeof end}};

    head(&last, s, FCGI_STDOUT, 0);
    head(&end.header, s, FCGI_END_REQUEST, sizeof end.body);
    if (write_all(s, v, 2, e))
        return -1;
    s->finished = true;
    return 0;
}
