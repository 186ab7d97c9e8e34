/* SPDX-License-Identifier: MIT */
/*
 * One request from its parameters to the last byte: the order in which the rooms are gone through. Everything that can be
 * known to fail is known before the status line and becomes a status; what fails after it breaks the answer off.
 */
#ifndef WADOZIP_FCGI_SERVE_H
#define WADOZIP_FCGI_SERVE_H

#include "base/conf.h"
#include "base/download_limit.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sink.h"
#include "fcgi/fcgi_sink.h"

/* What a worker keeps from request to request. */
struct serve {
    const struct conf *conf;
    struct catalog *catalog; /* connects when it is first needed */
    struct store *store;
    struct stat_pool *stat_pool;
    struct cache *cache;     /* of converted members; null: none */
    struct cache *bodies;    /* of metadata; null: none */
    bool pooled;             /* one of a pool's workers, not started by the web server */
    struct helper_pool *helpers; /* null until a request needs a conversion */
    uint32_t codec_version;           /* theirs; 0 while it is not known */
    struct download_limit downloads;        /* one is held while an answer that counts is under way */
    struct sink sink;
    struct mem mem; /* of the request being served */
};

/* conf and shared_slots (-1: none) stay the caller's and must outlive it. serve_close in any case. */
int serve_open(struct serve *s, const struct conf *conf, int shared_slots, struct err *e) MUST_CHECK;
void serve_close(struct serve *s);

/*
 * Answers the request with these CGI variables. wire->finished says afterwards whether the answer is complete; the caller
 * closes the connection, without an end record where it is not.
 */
void serve_request(struct serve *s, char *const *envp, struct fcgi_sink *wire);

#endif
