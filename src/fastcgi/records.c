/* SPDX-License-Identifier: MIT */
#include "fastcgi/records.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/io.h"

#define CHUNK ((size_t)16 << 10)
#define DRAIN_CHUNKS 64 /* limit for one call: it must end however fast the peer sends */

void records_init(struct records *r)
{
    *r = (struct records){.stage = RECORDS_BEGIN};
    buf_init(&r->params, RECORDS_PARAMS_MAX);
    buf_init(&r->input, RECORDS_INPUT_MAX);
}

void records_release(struct records *r)
{
    if (r->envp)
        free(r->envp[0]);
    free(r->envp);
    r->envp = NULL;
    buf_release(&r->params);
    buf_release(&r->input);
}

/* The bytes of PARAMS records from `at` to `end`. */
struct pairs {
    const uint8_t *at, *end;
};

/* Parse a length of one byte, or of four bytes with the highest bit set
 * (FastCGI 1.0, 3.4). */
static bool take_length(struct pairs *p, size_t *out)
{
    if (p->at == p->end)
        return false;
    if (!(*p->at & 0x80)) {
        *out = *p->at++;
        return true;
    }
    if (p->end - p->at < 4)
        return false;
    *out =
        (size_t)(p->at[0] & 0x7f) << 24 | (size_t)p->at[1] << 16 | (size_t)p->at[2] << 8 | p->at[3];
    p->at += 4;
    return true;
}

/* Parse one pair. *name points to its name, which the value follows. */
static bool records_take_pair(struct pairs *p, const uint8_t **name, size_t *name_len,
                              size_t *value_len)
{
    size_t left;

    if (!take_length(p, name_len) || !take_length(p, value_len))
        return false;
    left = (size_t)(p->end - p->at);
    if (*name_len > left || *value_len > left - *name_len)
        return false;
    *name = p->at;
    p->at += *name_len + *value_len;
    return memchr(*name, '\0', *name_len + *value_len) == NULL;
}

/* Check all pairs, and count them and the bytes of their strings. */
static bool records_measure(struct pairs p, size_t *count, size_t *bytes)
{
    const uint8_t *name;
    size_t name_len, value_len;

    *bytes = 1;
    for (*count = 0; p.at < p.end; ++*count) {
        if (*count == RECORDS_PAIRS_MAX || !records_take_pair(&p, &name, &name_len, &value_len))
            return false;
        *bytes += name_len + value_len + 2; /* '=' and NUL */
    }
    return true;
}

/* Make the array of strings in one block, which its first element owns. */
static int make_envp(struct records *r, struct err *e)
{
    const uint8_t *first = (const uint8_t *)(r->params.data ? r->params.data : "");
    struct pairs p = {first, first + r->params.len};
    const uint8_t *name;
    size_t count, bytes, name_len, value_len, n = 0;
    char *text;

    if (!records_measure(p, &count, &bytes))
        return err_set(e, ERR_REQUEST,
                       "the variables of a FastCGI request are malformed or more than %d",
                       RECORDS_PAIRS_MAX);
    r->envp = calloc(count + 1, sizeof *r->envp);
    text = malloc(bytes);
    if (!r->envp || !text) {
        free(text);
        return err_set(e, ERR_MEMORY, "no memory left for the variables of a request");
    }
    if (!count)
        free(text);
    for (; n < count && records_take_pair(&p, &name, &name_len, &value_len); n++) {
        r->envp[n] = text;
        memcpy(text, name, name_len);
        text[name_len] = '=';
        memcpy(text + name_len + 1, name + name_len, value_len);
        text[name_len + 1 + value_len] = '\0';
        text += name_len + value_len + 2;
    }
    buf_release(&r->params);
    return 0;
}

static int malformed(const struct records *r, const char *what, struct err *e)
{
    return err_set(e, ERR_REQUEST, "malformed FastCGI request: %s (record type %u, stage %d)", what,
                   r->header.type, (int)r->stage);
}

static size_t record_id(const struct records *r)
{
    return (size_t)r->header.requestIdB1 << 8 | r->header.requestIdB0;
}

/* Return whether the current record belongs to our request. Others are skipped.
 */
static bool is_ours(const struct records *r)
{
    return r->stage != RECORDS_BEGIN && record_id(r) == r->id;
}

/* Check a complete header. */
static int begin_record(struct records *r, struct err *e)
{
    const FCGI_Header *h = &r->header;

    r->content = (size_t)h->contentLengthB1 << 8 | h->contentLengthB0;
    r->padding = h->paddingLength;
    if (h->version != FCGI_VERSION_1)
        return malformed(r, "unknown version", e);
    switch (h->type) {
    case FCGI_BEGIN_REQUEST:
        if (r->stage != RECORDS_BEGIN)
            return malformed(r, "a second request on one connection", e);
        if (r->content != sizeof r->begin || record_id(r) == FCGI_NULL_REQUEST_ID)
            return malformed(r, "wrong length or number of the request", e);
        return 0;
    case FCGI_ABORT_REQUEST:
        return is_ours(r) ? err_set(e, ERR_PEER, "the web server has aborted the request") : 0;
    case FCGI_PARAMS:
        return is_ours(r) && r->stage != RECORDS_PARAMS
                   ? malformed(r, "variables after their end", e)
                   : 0;
    case FCGI_STDIN:
        return is_ours(r) && r->stage == RECORDS_PARAMS
                   ? malformed(r, "input before the end of the variables", e)
                   : 0;
    default:
        return 0;
    }
}

/* Take n bytes of content of the current record. */
static int take_content(struct records *r, const uint8_t *data, size_t n, struct err *e)
{
    if (r->header.type == FCGI_BEGIN_REQUEST) {
        memcpy((uint8_t *)&r->begin + r->begin_len, data, n);
        r->begin_len += n;
        return 0;
    }
    if (r->header.type == FCGI_STDIN && is_ours(r) && !r->discard)
        buf_add(&r->input, data, n); /* one that is too long is refused if it is asked for */
    if (r->header.type != FCGI_PARAMS || !is_ours(r))
        return 0;
    buf_add(&r->params, data, n);
    return r->params.failed
               ? err_set(e, ERR_REQUEST,
                         "the variables of a FastCGI request are longer than %zu bytes",
                         RECORDS_PARAMS_MAX)
               : 0;
}

static int begin_request(struct records *r, struct err *e)
{
    unsigned role = (unsigned)r->begin.roleB1 << 8 | r->begin.roleB0;

    if (role != FCGI_RESPONDER)
        return err_set(e, ERR_REQUEST,
                       "FastCGI role %u is not offered: configure the web server for a responder",
                       role);
    r->id = (uint16_t)record_id(r);
    r->stage = RECORDS_PARAMS;
    return 0;
}

/* Handle the end of a record. An empty record ends its stream. */
static int end_record(struct records *r, struct err *e)
{
    bool empty = !r->header.contentLengthB1 && !r->header.contentLengthB0;

    r->header_len = 0;
    if (r->header.type == FCGI_BEGIN_REQUEST)
        return begin_request(r, e);
    if (!empty || !is_ours(r))
        return 0;
    if (r->header.type == FCGI_PARAMS) {
        if (make_envp(r, e))
            return -1;
        r->stage = RECORDS_INPUT;
    } else if (r->header.type == FCGI_STDIN) {
        r->stage = RECORDS_END;
    }
    return 0;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Take up to len bytes of the current record. *taken is their number, at least
 * one. */
static int records_step(struct records *r, const uint8_t *data, size_t len, size_t *taken,
                        struct err *e)
{
    size_t n = least(len, sizeof r->header - r->header_len);

    if (n) {
        memcpy((uint8_t *)&r->header + r->header_len, data, n);
        r->header_len += n;
        if (r->header_len == sizeof r->header && begin_record(r, e))
            return -1;
    } else if (r->content) {
        n = least(len, r->content);
        if (take_content(r, data, n, e))
            return -1;
        r->content -= n;
    } else {
        n = least(len, r->padding);
        r->padding -= n;
    }
    *taken = n;
    if (r->header_len == sizeof r->header && !r->content && !r->padding)
        return end_record(r, e);
    return 0;
}

int records_take(struct records *r, const uint8_t *data, size_t len, struct err *e)
{
    while (len && r->stage != RECORDS_END) {
        size_t n;

        if (r->stage < RECORDS_INPUT && r->total >= RECORDS_BYTES_MAX)
            return err_set(e, ERR_REQUEST, "a FastCGI request is longer than %zu bytes",
                           RECORDS_BYTES_MAX);
        if (records_step(r, data, len, &n, e))
            return -1;
        data += n;
        len -= n;
        r->total += r->stage < RECORDS_INPUT ? n : 0;
    }
    return 0;
}

/* Read until a stage is reached, or until there is too much input. */
static int read_until(struct records *r, int fd, enum records_stage stage, double seconds,
                      struct err *e)
{
    double end = io_now() + seconds;
    struct pollfd p = {.fd = fd, .events = POLLIN};

    while (r->stage < stage && !r->input.failed) {
        uint8_t data[CHUNK];
        ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT);
        double left = end - io_now();

        if (n == 0)
            return err_set(e, ERR_PEER,
                           "the web server closed the connection before its request was complete");
        if (n > 0 && records_take(r, data, (size_t)n, e))
            return -1;
        if (n < 0 && errno != EAGAIN && errno != EINTR)
            return err_sys(e, ERR_PEER, "cannot read a request from the web server");
        if (left <= 0)
            return err_set(e, ERR_PEER, "the web server sent no complete request within %.0f s",
                           seconds);
        if (n < 0 && errno == EAGAIN && poll(&p, 1, (int)(left * 1000) + 1) < 0 && errno != EINTR)
            return err_sys(e, ERR_SYSTEM, "cannot wait for a request");
    }
    return 0;
}

int records_read(struct records *r, int fd, double seconds, struct err *e)
{
    return read_until(r, fd, RECORDS_INPUT, seconds, e);
}

int records_input(struct records *r, int fd, size_t most, double seconds, struct err *e)
{
    r->input.cap = most;
    if (read_until(r, fd, RECORDS_END, seconds, e))
        return -1;
    if (r->input.failed || r->input.len > most)
        return err_set(e, ERR_TOO_LARGE, "the body of the request is longer than %zu bytes", most);
    return 0;
}

bool records_drain(struct records *r, int fd)
{
    struct err none = ERR_INIT;

    r->discard = true;
    for (int i = 0; i < DRAIN_CHUNKS && r->stage != RECORDS_END; i++) {
        uint8_t data[CHUNK];
        ssize_t n = recv(fd, data, sizeof data, MSG_DONTWAIT);

        if (n == 0)
            return true;
        if (n < 0 && errno != EINTR)
            return errno != EAGAIN;
        if (n > 0 && records_take(r, data, (size_t)n, &none))
            return true;
    }
    return r->stage == RECORDS_END;
}
