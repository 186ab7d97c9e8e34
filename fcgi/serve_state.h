/* SPDX-License-Identifier: MIT */
/* The state of a worker that outlives a request. */
#ifndef WADOZIP_FCGI_SERVE_STATE_H
#define WADOZIP_FCGI_SERVE_STATE_H

#include "base/conf.h"
#include "base/download_limit.h"
#include "base/err.h"
#include "base/mem.h"
#include "base/sink.h"
#include "fcgi/fcgi_sink.h"

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

#endif
