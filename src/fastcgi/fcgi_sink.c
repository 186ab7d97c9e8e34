/* SPDX-License-Identifier: MIT */
#include "fastcgi/fcgi_sink.h"

#include <errno.h>
#include <fastcgi.h>
#include <poll.h>
#include <sys/socket.h>

#include "base/io.h"

#define LAST ((size_t)256) /* bytes that fit into every socket that is writable */
#define RATE_SECONDS 60.0 /* seconds of waiting between two checks of the rate */
#define PACED_PIECES 10   /* a second, if the rate is limited: a download moves on steadily */
#define PACED_LEAST ((size_t)1024) /* bytes of such a piece, at least */
#define BATCH 4 /* records per writev(2): more are not faster, because they leave the processor's
                 * cache */

void fcgi_sink_init(struct fcgi_sink *s, int fd, unsigned id, uint64_t send_buffer)
{
    int bytes = (int)send_buffer;

    *s = (struct fcgi_sink){.fd = fd, .id = (uint16_t)id};
    /* Optional: the system limits the value, and no response depends on it. */
    if (bytes)
        (void)!setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void head(FCGI_Header *h, const struct fcgi_sink *s, unsigned char type, size_t len)
{
    *h = (FCGI_Header){.version = FCGI_VERSION_1,
                       .type = type,
                       .requestIdB1 = (unsigned char)(s->id >> 8),
                       .requestIdB0 = (unsigned char)s->id,
                       .contentLengthB1 = (unsigned char)(len >> 8),
                       .contentLengthB0 = (unsigned char)len};
}

/* Skip n written bytes. Returns the first piece that is not complete. */
static struct iovec *fcgi_sink_step(struct iovec *v, struct iovec *end, size_t n)
{
    while (v < end && n >= v->iov_len)
        n -= v++->iov_len;
    if (v < end) {
        v->iov_base = (char *)v->iov_base + n;
        v->iov_len -= n;
    }
    return v;
}

/* Compare the accepted bytes with the minimum rate, after enough time was spent
 * waiting. */
static int check_rate(struct fcgi_sink *s, struct err *e)
{
    if (s->waited < RATE_SECONDS)
        return 0;
    if ((double)s->taken < (double)s->least_rate * s->waited) {
        s->stalled = true;
        return err_set(e, ERR_PEER, "the client took %.0f bytes a second, least_rate is %llu",
                       (double)s->taken / s->waited, (unsigned long long)s->least_rate);
    }
    s->waited = 0;
    s->taken = 0;
    return 0;
}

/* Wait until the web server accepts more bytes. */
static int wait_for_room(struct fcgi_sink *s, struct err *e)
{
    struct pollfd p = {.fd = s->fd, .events = POLLOUT};
    double began = io_now();
    double end = began + s->idle_timeout;
    int rc;

    do {
        double left = end - io_now();

        rc = poll(&p, 1, !s->idle_timeout ? -1 : left > 0 ? (int)(left * 1000) + 1 : 0);
    } while (rc < 0 && errno == EINTR);
    s->waited += io_now() - began;
    if (rc < 0)
        return err_sys(e, ERR_SYSTEM, "cannot wait for the web server");
    if (rc == 0) {
        s->stalled = true;
        return err_set(e, ERR_PEER, "the client took nothing for %u s (idle_timeout)",
                       s->idle_timeout);
    }
    return check_rate(s, e);
}

/* Pause until the pace allows the next piece. Ends early if the web server
 * closes the connection. */
static int await_turn(const struct fcgi_sink *s, struct err *e)
{
    int ms, rc = 0;

    while (rc == 0 && (ms = rate_limit_wait(&s->pace, io_now())) > 0) {
        struct pollfd p = {.fd = s->fd};

        rc = poll(&p, 1, ms);
        if (rc < 0 && errno == EINTR)
            rc = 0;
    }
    return rc < 0 ? err_sys(e, ERR_SYSTEM, "cannot wait for the web server") : 0;
}

/* Return the most bytes to send in one piece. */
static size_t most_bytes(const struct fcgi_sink *s)
{
    uint64_t piece = s->pace.rate / PACED_PIECES;

    if (!s->pace.rate || piece >= BATCH * SINK_RECORD)
        return BATCH * SINK_RECORD;
    return piece > PACED_LEAST ? (size_t)piece : PACED_LEAST;
}

/* Write the pieces from *v to end. Leaves *v at the first one that is not
 * complete. */
static int fcgi_sink_write_all(struct fcgi_sink *s, struct iovec **v, struct iovec *end,
                               struct err *e)
{
    while (*v < end) {
        struct msghdr m = {.msg_iov = *v, .msg_iovlen = (size_t)(end - *v)};
        ssize_t n = sendmsg(s->fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN) {
            if (wait_for_room(s, e))
                return -1;
            continue;
        }
        if (n < 0 && (errno == EPIPE || errno == ECONNRESET))
            return err_set(e, ERR_PEER, "the web server has closed the connection");
        if (n < 0)
            return err_sys(e, ERR_SYSTEM, "cannot write to the web server");
        s->touched = true;
        s->taken += (uint64_t)n;
        *v = fcgi_sink_step(*v, end, (size_t)n);
    }
    return 0;
}

/* Prepare up to BATCH records of content. Returns the number of content bytes.
 */
static size_t fcgi_sink_fill(const struct fcgi_sink *s, const uint8_t *data, size_t len,
                             FCGI_Header *heads, struct iovec **v)
{
    size_t bytes = 0;

    for (size_t n = 0; n < BATCH && bytes < len; n++) {
        size_t piece = len - bytes < SINK_RECORD ? len - bytes : SINK_RECORD;

        head(&heads[n], s, FCGI_STDOUT, piece);
        *(*v)++ = (struct iovec){&heads[n], sizeof heads[n]};
        *(*v)++ = (struct iovec){(void *)(uintptr_t)(data + bytes), piece};
        bytes += piece;
    }
    return bytes;
}

int fcgi_sink_flush(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct fcgi_sink *s = ctx;

    while (len) {
        FCGI_Header heads[BATCH];
        struct iovec v[2 * BATCH], *at = v, *end = v;
        size_t most = most_bytes(s),
               bytes = fcgi_sink_fill(s, data, len < most ? len : most, heads, &end);

        if (await_turn(s, e) || fcgi_sink_write_all(s, &at, end, e))
            return -1;
        rate_limit_take(&s->pace, bytes, io_now());
        s->sent += bytes;
        data += bytes;
        len -= bytes;
    }
    return 0;
}

int fcgi_sink_near_end(struct fcgi_sink *s, const uint8_t *data, size_t len, size_t *done,
                       struct err *e)
{
    *done = len > LAST ? len - LAST : 0;
    return fcgi_sink_flush(s, data, *done, e) || wait_for_room(s, e) ? -1 : 0;
}

/* A Unix socket that was closed with unread bytes reports ECONNRESET, otherwise
 * nothing. */
static bool has_read_everything(int fd)
{
    int error = -1;
    socklen_t len = sizeof error;

    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) == 0 && error == 0;
}

int fcgi_sink_finish(struct fcgi_sink *s, const uint8_t *data, size_t len, struct err *e)
{
    size_t most = most_bytes(s), before = len ? (len - 1) / most * most : 0;
    FCGI_Header heads[BATCH], last;
    FCGI_EndRequestRecord over = {.body = {.protocolStatus = FCGI_REQUEST_COMPLETE}};
    struct iovec v[2 * BATCH + 2], *at = v, *end = v, *content;

    if (fcgi_sink_flush(s, data, before, e) || await_turn(s, e))
        return -1;
    fcgi_sink_fill(s, data + before, len - before, heads, &end);
    content = end;
    head(&last, s, FCGI_STDOUT, 0);
    head(&over.header, s, FCGI_END_REQUEST, sizeof over.body);
    *end++ = (struct iovec){&last, sizeof last};
    *end++ = (struct iovec){&over, sizeof over};
    if (fcgi_sink_write_all(s, &at, end, e)) {
        if (e->kind != ERR_PEER || at < content || !has_read_everything(s->fd))
            return -1;
        err_clear(e);
    }
    s->sent += len - before;
    s->finished = true;
    return 0;
}
