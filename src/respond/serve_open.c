/* SPDX-License-Identifier: MIT */
#include "respond/serve_open.h"

#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/spool.h"
#include "body/body.h"
#include "respond/metrics.h"
#include "respond/xsendfile.h"

#define DATABASE_MAX ((size_t)64 << 10) /* bytes of a database's name */

/* A wrong setting is an error. A folder that cannot be used only costs time. */
static int serve_open_cache(struct serve *s, struct err *e)
{
    struct err why = ERR_INIT;

    if (cache_open(s->conf, true, &s->tools.cache, &why) == 0)
        return 0;
    if (why.kind == ERR_CONFIG)
        return err_set(e, ERR_CONFIG, "%s", why.text);
    log_warn("nothing converted is kept: %s", why.text);
    return 0;
}

/* Without it what must be complete before the status line is made again for
 * each request. */
static void open_spool_cache(struct serve *s)
{
    struct err why = ERR_INIT;

    if (cache_open_spool(s->conf, &s->tools.spool_cache, &why))
        log_warn("metadata and compressed forms are not kept: %s", why.text);
}

/* Processes that use the same database share the counters and the metrics; the
 * password is not part of the key. */
static int open_slots(struct serve *s, const struct serve_shared *shared, struct err *e)
{
    const struct conf *c = s->conf;
    struct download_limit_setup setup = {.all = conf_max_downloads(c),
                                         .each = conf_max_downloads_per_client(c),
                                         .shared = shared->downloads,
                                         .spool = c->spool};
    bool chosen = c->max_downloads != CONF_AUTO || c->max_downloads_per_client != CONF_AUTO;
    struct err why = ERR_INIT;
    struct buf name;
    int rc;

    buf_init(&name, DATABASE_MAX);
    rc = catalog_name(c->database, &name, e);
    setup.service = name.data ? name.data : "";
    request_limit_open(&s->requests, shared->requests, c->spool, setup.service);
    if (rc == 0 && metrics_open(c->spool, setup.service, &why))
        log_warn("requests are not counted for /metrics: %s", why.text);
    err_clear(&why);
    if (rc == 0 && download_limit_open(&s->downloads, &setup, &why)) {
        rc = chosen ? err_pass(e, &why) : 0;
        log_warn("downloads are not limited: %s", why.text);
        s->downloads.all = s->downloads.each = 0;
    }
    if (rc == 0 && c->audit && !(s->service = strdup(setup.service)))
        rc = err_set(e, ERR_MEMORY, "no memory left for the audit");
    buf_release(&name);
    return rc;
}

/* Another account's folder is refused, so that nobody turns limits off; one
 * that is missing costs what needs it. */
static int serve_check_spool(const struct conf *c, struct err *e)
{
    struct err why = ERR_INIT;
    int fd = spool_open(c->spool, &why);

    io_close(&fd);
    return why.kind == ERR_CONFIG ? err_pass(e, &why) : 0;
}

int serve_open(struct serve *s, const struct conf *conf, const struct serve_shared *shared,
               struct err *e)
{
    *s = (struct serve){.conf = conf, .tools.conf = conf, .pooled = shared->downloads >= 0};
    if (serve_check_spool(conf, e))
        return -1;
    if (conf->sendfile != CONF_SENDFILE_NONE)
        xsendfile_sweep(conf->spool);
    mem_init(&s->mem, conf->request_memory);
    open_spool_cache(s);
    if (open_slots(s, shared, e) || serve_open_cache(s, e))
        return -1;
    if (sink_open(&s->sink, fcgi_sink_flush, NULL, e) || sink_start_thread(&s->sink, e))
        return -1;
    return retrieve_tools_open(&s->tools, e);
}

void serve_close(struct serve *s)
{
    free(s->service);
    metrics_close();
    download_limit_close(&s->downloads);
    retrieve_tools_close(&s->tools);
    sink_close(&s->sink);
    mem_reset(&s->mem);
}
