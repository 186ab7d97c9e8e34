/* SPDX-License-Identifier: MIT */
/* The state of a worker that outlives a request. */
#ifndef WADOZIP_RESPOND_SERVE_STATE_H
#define WADOZIP_RESPOND_SERVE_STATE_H

#include "base/err.h"
#include "base/mem.h"
#include "base/sink.h"
#include "conf/conf.h"
#include "fastcgi/fcgi_sink.h"
#include "limit/download_limit.h"
#include "limit/request_limit.h"
#include "retrieve/retrieve_tools.h"

struct serve {
    const struct conf *conf;
    struct retrieve_tools tools;
    char *service;                          /* catalog_name(), for the audit; null if it is off */
    bool pooled;                            /* a worker of a pool, not started by the web server */
    struct download_limit downloads;        /* a slot is held during a response that counts */
    struct request_limit requests;          /* of a minute, by client and user */
    struct sink sink;
    struct mem mem; /* of the current request */
};

#endif
