/* SPDX-License-Identifier: MIT */
/*
 * The connection to the web server: FastCGI STDOUT records are written directly
 * to it, several per system call, without libfcgi's 8 KiB streams. The caller
 * closes the descriptor. Closing it without fcgi_sink_finish() is the abort
 * that every web server passes to its client; web servers take any
 * END_REQUEST as success, also with an error status.
 */
#ifndef WADOZIP_FASTCGI_FCGI_SINK_H
#define WADOZIP_FASTCGI_FCGI_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"
#include "limit/rate_limit.h"

struct fcgi_sink {
    struct records *records;      /* the request's, for its body; null: it cannot be read */
    int fd;        /* not owned */
    uint16_t id;   /* FastCGI request id */
    uint64_t sent; /* bytes of content that the system has accepted */
    bool touched;  /* something was written, so no other response is possible */
    bool finished;
    bool stalled;  /* the client was too slow; the error says how */
    unsigned idle_timeout; /* seconds to wait until a byte is accepted; 0: no limit */
    uint64_t least_rate;   /* bytes per second, on average over a minute of waiting; 0: no limit */
    struct rate_limit pace; /* most bytes per second that are sent */
    /* private */
    double waited;         /* seconds since the last check of the rate */
    uint64_t taken;        /* bytes since then */
};

/* Initialize. send_buffer: SO_SNDBUF of the connection, 0 for the system's
 * default. */
void fcgi_sink_init(struct fcgi_sink *s, int fd, unsigned id, uint64_t send_buffer);

/*
 * A flush function for struct sink; ctx is the struct fcgi_sink. Fails with
 * ERR_PEER if the web server has closed the connection, or if the client
 * accepts less than idle_timeout and least_rate allow. Only time spent waiting
 * for the client counts, not the pauses that `pace` asks for.
 */
sink_flush_fn fcgi_sink_flush;

/*
 * Send all but the last bytes of a response, and wait until those and the end
 * record can be sent without waiting. *done: number of bytes sent; pass the
 * rest to fcgi_sink_finish().
 */
int fcgi_sink_near_end(struct fcgi_sink *s, const uint8_t *data, size_t len, size_t *done,
                       struct err *e) MUST_CHECK;

/*
 * Send the last bytes of a complete response, an empty STDOUT record and
 * END_REQUEST in one write. A web server that knows the length may close the
 * connection after the last byte, which is not an error.
 */
int fcgi_sink_finish(struct fcgi_sink *s, const uint8_t *data, size_t len,
                     struct err *e) MUST_CHECK;

#endif
