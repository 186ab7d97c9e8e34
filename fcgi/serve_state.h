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
    struct catalog *catalog; /* connects when first needed */
    struct store *store;
    struct stat_pool *stat_pool;
    struct cache *cache;     /* for converted members; null: none */
    struct cache *spool_cache; /* of metadata, images, and compressed forms if `cache` is null; null: none */
    bool pooled;             /* a worker of a pool, not started by the web server */
    struct helper_pool *helpers; /* null until a request needs a conversion */
    uint32_t codec_version;           /* of the helper processes; 0: not known */
    struct download_limit downloads;        /* a slot is held during a response that counts */
    struct sink sink;
    struct mem mem; /* of the current request */
};

#endif
