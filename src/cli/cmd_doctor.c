#include "cli/cli.h"

#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/cache.h"
#include "base/io.h"
#include "catalog/migrate.h"
#include "catalog/writer.h"
#include "dicom/proc.h"
#include "index/names.h"
#include "store/outside.h"

#define ANSWER_MS 20000

static unsigned bad_count;

__attribute__((format(printf, 2, 3))) static bool ok(bool good, const char *format, ...)
{
    va_list args;

    printf("%-4s ", good ? "ok" : "bad");
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    printf("\n");
    bad_count += !good;
    return good;
}

static void look_at_root(const struct conf_root *r)
{
    int fd = open(r->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct err e = ERR_INIT;
    struct names names = {0};

    if (fd < 0 || names_read(&names, fd, &e))
        ok(false, "root.%s: %s cannot be read: is it mounted, may this account read it?", r->name, r->path);
    else if (names.count == 0)
        ok(false, "root.%s: %s is empty: is it mounted?", r->name, r->path);
    else
        ok(true, "root.%s: %s", r->name, r->path);
    names_release(&names);
    io_close(&fd);
}

/* A file of a few bytes that is no DICOM goes to a helper and comes back as what it is. */
static int ask_helper(struct proc_pool *pool, struct err *e)
{
    struct proc_result result = {.fd = -1};
    int fd = memfd_create("doctor", MFD_CLOEXEC), got;

    if (fd < 0 || io_write(fd, "doctor", 6))
        return err_sys(e, ERR_SYSTEM, "cannot make a file in memory");
    if (proc_submit(pool, PROC_DESCRIBE, fd, NULL, 1, e))
        return -1;
    got = proc_next(pool, ANSWER_MS, &result, e);
    io_close(&result.fd);
    if (got < 0)
        return -1;
    if (got == 0)
        return err_set(e, ERR_HELPER, "no answer within %d seconds", ANSWER_MS / 1000);
    if (result.class != PROC_NOT_DICOM)
        return err_set(e, ERR_HELPER, "%s", *result.reason ? result.reason : "a wrong answer");
    return 0;
}

static void look_at_helper(const struct conf *c)
{
    struct proc_setup setup = proc_setup_of(c);
    struct proc_pool *pool = NULL;
    struct err e = ERR_INIT;
    int rc;

    setup.children = 1;
    rc = proc_open(&setup, &pool, &e) || ask_helper(pool, &e) ? -1 : 0;
    proc_close(pool);
    if (rc)
        ok(false, "helper: %s: %s", c->helper, e.text);
    else
        ok(true, "helper: %s answers", c->helper);
}

static void look_at_spool(const struct conf *c)
{
    struct err e = ERR_INIT;
    int fd;

    if (outside_check(c, "spool", c->spool, &e) && e.kind == ERR_CONFIG) {
        ok(false, "%s", e.text);
        return;
    }
    fd = open(c->spool, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    ok(fd >= 0, fd >= 0 ? "spool: %s" : "spool: no unlinked files can be made in %s: choose another folder", c->spool);
    io_close(&fd);
}

static void look_at_limits(const struct conf *c)
{
    if (c->max_downloads && c->max_downloads >= c->workers)
        printf("note max_downloads: %llu, with %llu workers in a pool: only a worker that is free can refuse, so have more\n",
               (unsigned long long)c->max_downloads, (unsigned long long)c->workers);
}

static void look_at_cache(const struct conf *c)
{
    struct cache *cache = NULL;
    struct err e = ERR_INIT;
    bool good;

    if (cache_open(c, false, &cache, &e))
        ok(false, "%s", e.text);
    else if (cache) {
        good = cache_works(cache, &e);
        ok(good, "form_cache: %s%s%s", c->form_cache, good ? "" : ": ", e.text);
    }
    cache_close(cache);
}

static void show_right(bool has, const char *database, const char *kind, const char *use)
{
    if (has)
        ok(true, "rights: this account may %s", use);
    else
        printf("note rights: this account may not %s; GRANT \"%s_%s\" TO it if it should\n", use, database, kind);
}

static void look_at_rights(const struct conf *c)
{
    struct migrate_rights rights;
    struct err e = ERR_INIT;

    if (migrate_rights(c->database, &rights, &e)) {
        ok(false, "rights: %s", e.text);
        return;
    }
    show_right(rights.serve, rights.database, "reader", "serve");
    show_right(rights.index, rights.database, "writer", "index");
}

static void show_broken(void *ctx, const char *name, const char *detail)
{
    (void)ctx;
    ok(false, "catalogue: %s: %s", name, detail);
}

static void look_at_catalogue(const struct conf *c)
{
    struct err e = ERR_INIT;
    unsigned before = bad_count;

    if (migrate_checks(c->database, show_broken, NULL, &e))
        ok(false, "catalogue: %s", e.text);
    else if (bad_count == before)
        ok(true, "catalogue: what must hold does hold");
}

static void look_at_database(const struct conf *c)
{
    struct writer *w = NULL;
    struct err e = ERR_INIT;
    bool good = writer_open(c->database, &w, &e) == 0 && writer_check(w, &e) == 0;

    writer_close(w);
    if (!good) {
        ok(false, "database: %s", e.text);
        return;
    }
    ok(true, "database: reachable, schema up to date");
    look_at_rights(c);
    look_at_catalogue(c);
}

static int run(void *ctx, const struct conf *c, int argc, char **argv)
{
    (void)ctx, (void)argv;
    if (argc)
        return cli_misuse("doctor takes no arguments");
    ok(true, "settings: readable");
    if (c->root_count == 0)
        ok(false, "roots: none is set: root.NAME = FOLDER names where the images lie");
    for (size_t i = 0; i < c->root_count; i++)
        look_at_root(&c->roots[i]);
    if (strcmp(c->access, "none") == 0)
        printf("note access: none: the web service answers 404 to everybody; see setting access\n");
    look_at_helper(c);
    look_at_spool(c);
    look_at_cache(c);
    look_at_limits(c);
    look_at_database(c);
    return bad_count ? CLI_INCOMPLETE : CLI_OK;
}

const struct cli_command cmd_doctor = {
    .name = "doctor", .arguments = "", .summary = "looks whether everything is in place and says what to do",
    .options = "", .short_options = "", .run = run,
};
