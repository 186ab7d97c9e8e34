/* SPDX-License-Identifier: MIT */
/*
 * The web server's end of an answer: FastCGI STDOUT records written straight to the request's connection, several with
 * one system call, past libfcgi's 8 KiB streams. Whoever uses it closes the descriptor; closing it without
 * fcgi_sink_finish is the abort that every web server shows to its client (an end record, whatever its status, counts as
 * success everywhere).
 */
#ifndef WADOZIP_FCGI_FCGI_SINK_H
#define WADOZIP_FCGI_FCGI_SINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/sink.h"

struct fcgi_sink {
    int fd;        /* not owned */
    uint16_t id;   /* FastCGI request id */
    uint64_t sent; /* bytes of content that the system has taken */
    bool touched;  /* something was written, so that no other answer can be given any more */
    bool finished;
    bool stalled;  /* the client was too slow: the error says how */
    unsigned idle_timeout; /* most seconds to wait for a byte to be taken; 0: for ever */
    uint64_t least_rate;   /* bytes a second, on average over a minute of waiting; 0: any */
    /* private */
    double waited;         /* seconds, since the rate was last looked at */
    uint64_t taken;        /* bytes, since then */
};

/* send_buffer: SO_SNDBUF for the connection, 0 for the system's own. */
void fcgi_sink_init(struct fcgi_sink *s, int fd, unsigned id, uint64_t send_buffer);

/*
 * For struct sink; ctx is the struct fcgi_sink. Fails with ERR_PEER if the web server has gone, or if the client takes less
 * than idle_timeout and least_rate allow. Only time spent waiting for the client counts.
 */
sink_flush_fn fcgi_sink_flush;

/*
 * Sends all but the last bytes of an answer and waits until those, with the end record, can go without waiting. *done: how
 * many are sent; the rest is for fcgi_sink_finish.
 */
int fcgi_sink_near_end(struct fcgi_sink *s, const uint8_t *data, size_t len, size_t *done, struct err *e) MUST_CHECK;

/*
 * The last bytes of a complete answer, an empty STDOUT record and END_REQUEST, together: a web server that knows the length
 * may close as soon as it has the last byte, which is no failure.
 */
int fcgi_sink_finish(struct fcgi_sink *s, const uint8_t *data, size_t len, struct err *e) MUST_CHECK;

#endif
