/* SPDX-License-Identifier: MIT */
#include "body/self_check.h"

#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "base/spool.h"
#include "body/cache.h"
#include "helper/helper_pool.h"
#include "store/probe.h"
#include "store/write_guard.h"

#define ANSWER_MS 20000

struct check {
    const struct conf *conf;
    self_check_report *report;
    void *ctx;
};

__attribute__((format(printf, 3, 4))) static void found(const struct check *k, bool good,
                                                        const char *format, ...)
{
    char text[ERR_TEXT_MAX + 64];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    k->report(k->ctx, good, text);
}

static void check_system(const struct check *k)
{
    struct err e = ERR_INIT;

    if (probe_system(&e))
        found(k, false, "system: %s", e.text);
}

static void check_roots(const struct check *k)
{
    const struct conf *c = k->conf;

    if (c->root_count == 0)
        found(k, false, "roots: none is set: root.NAME = FOLDER names where the images lie");
    for (size_t i = 0; i < c->root_count; i++) {
        struct err e = ERR_INIT;

        if (probe_root(c, &c->roots[i], &e))
            found(k, false, "%s", e.text);
        else
            found(k, true, "root.%s: %s", c->roots[i].name, c->roots[i].path);
    }
}

/* Send a small file that is not DICOM to a helper process, which must report
 * that. */
static int ask_helper(struct helper_pool *pool, struct err *e)
{
    struct helper_result result = {.fd = -1};
    int fd = memfd_create("check", MFD_CLOEXEC), got;

    if (fd < 0 || io_write(fd, "check", 5))
        return err_sys(e, ERR_SYSTEM, "cannot make a file in memory");
    if (helper_pool_submit(pool, HELPER_DESCRIBE, fd, NULL, 1, e))
        return -1;
    got = helper_pool_next(pool, ANSWER_MS, &result, e);
    io_close(&result.fd);
    if (got < 0)
        return -1;
    if (got == 0)
        return err_set(e, ERR_HELPER, "no answer within %d seconds", ANSWER_MS / 1000);
    if (result.class != HELPER_NOT_DICOM)
        return err_set(e, ERR_HELPER, "%s", *result.reason ? result.reason : "a wrong answer");
    return 0;
}

static void check_helper(const struct check *k)
{
    struct helper_setup setup = helper_setup_of(k->conf);
    struct helper_pool *pool = NULL;
    struct err e = ERR_INIT;
    int rc;

    setup.children = 1;
    rc = helper_pool_open(&setup, &pool, &e);
    if (rc == 0)
        rc = ask_helper(pool, &e);
    helper_pool_close(pool);
    if (rc)
        found(k, false, "helper: %s: %s", k->conf->helper, e.text);
    else
        found(k, true, "helper: %s answers", k->conf->helper);
}

static void check_spool(const struct check *k)
{
    struct err e = ERR_INIT;
    char path[PATH_MAX];
    int fd;

    spool_path(k->conf->spool, path);
    if (write_guard_check(k->conf, "spool", path, &e) && e.kind == ERR_CONFIG) {
        found(k, false, "%s", e.text);
        return;
    }
    err_clear(&e);
    fd = spool_unlinked_file(k->conf->spool, &e);
    if (fd >= 0)
        found(k, true, "spool: %s", path);
    else if (e.kind == ERR_CONFIG)
        found(k, false, "spool: %s", e.text);
    else
        found(k, false, "spool: %s: choose another folder, or let this account write there",
              e.text);
    io_close(&fd);
}

static void check_cache(const struct check *k, bool make)
{
    struct cache *cache = NULL;
    struct err e = ERR_INIT;
    bool good;

    if (cache_open(k->conf, make, &cache, &e)) {
        found(k, false, "%s", e.text);
    } else if (cache) {
        good = cache_works(cache, &e);
        found(k, good, "conversion_cache: %s%s%s", k->conf->conversion_cache, good ? "" : ": ",
              e.text);
    }
    cache_close(cache);
}

void self_check(const struct conf *c, bool make_cache, self_check_report *report, void *ctx)
{
    const struct check k = {.conf = c, .report = report, .ctx = ctx};

    check_system(&k);
    check_roots(&k);
    check_helper(&k);
    check_spool(&k);
    check_cache(&k, make_cache);
}
