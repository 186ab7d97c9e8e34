/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/deflate.h"
#include "base/io.h"
#include "body/body.h"
#include "catalog/catalog_learn.h"
#include "cli/new_file.h"
#include "format/dicomdir.h"
#include "format/manifest.h"
#include "index/progress.h"
#include "format/finish.h"

#define BAR 30 /* characters */

static struct {
    const char *output;
    struct transfer_syntax_wish wish;
    enum plan_names names;
    const char *compression; /* null: use the setting */
    const char *manifest;    /* sha256 or csv; null: no manifest */
    bool named;              /* --names was given */
    bool dicomdir, quiet;
} options;

struct run {
    const struct conf *conf;
    char study[UID_MAX + 1], series[UID_MAX + 1], instance[UID_MAX + 1];
    struct catalog *catalog;
    struct store *store;
    struct helper_pool *pool;
    struct cache *cache;
    struct plan plan;
    struct manifest manifest; /* its plan is null if there is no manifest */
    struct dicomdir dicomdir; /* its plan is null if there is no DICOMDIR */
    struct content content;
    struct new_file output;
    struct sink sink;
    struct progress progress;
    uint64_t written;
};

static bool cmd_zip_option(void *ctx, int key, const char *value)
{
    (void)ctx;
    switch (key) {
    case 'o':
        options.output = value;
        return *value != '\0';
    case 'q':
        options.quiet = true;
        return true;
    case 'c':
        options.compression = value;
        return strcmp(value, "auto") == 0 || strcmp(value, "none") == 0 || strcmp(value, "deflate") == 0;
    case 'm':
        options.manifest = value;
        return strcmp(value, "sha256") == 0 || strcmp(value, "csv") == 0;
    case 'd':
        options.dicomdir = true;
        return true;
    case 'n':
        options.named = true;
        options.names = strcmp(value, "uid") == 0 ? PLAN_NAMES_UID : PLAN_NAMES_SERIES;
        return strcmp(value, "uid") == 0 || strcmp(value, "series") == 0;
    default:
        break;
    }
    if (strcmp(value, "*") == 0) {
        options.wish.rule = WISH_ANY;
        return true;
    }
    options.wish.rule = WISH_NAMED;
    snprintf(options.wish.uid, sizeof options.wish.uid, "%s", value);
    return uid_valid(value, strlen(value));
}

/* Parse STUDY[/SERIES[/INSTANCE]]. */
static bool parse_what(struct run *r, const char *what)
{
    char *const parts[] = {r->study, r->series, r->instance};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t len = strcspn(what, "/");

        if (!uid_valid(what, len))
            return false;
        memcpy(parts[i], what, len);
        if (what[len] == '\0')
            return true;
        what += len + 1;
    }
    return false;
}

static int cmd_zip_add_instance(void *ctx, const struct instance *i, struct err *e)
{
    struct run *r = ctx;
    size_t count = r->plan.count;

    if (r->manifest.plan ? manifest_add(&r->manifest, r->store, i, e) : plan_add(&r->plan, r->store, i, e))
        return -1;
    return r->dicomdir.plan && r->plan.count > count ? dicomdir_add(&r->dicomdir, i, e) : 0;
}

static void cmd_zip_learn_conversion(void *ctx, const struct plan *p, const struct plan_member *m, uint64_t size, uint32_t crc,
                       uint64_t deflated)
{
    struct run *r = ctx;
    const struct catalog_conversion form = {conversion_rules_target(&p->options.wish),
                                            p->options.codec_version, size, deflated, crc};
    struct err ignored = ERR_INIT; /* The account may have no right to it; only time is lost. */

    (void)!catalog_learn_conversion(r->catalog, plan_text(p, m->sop_uid), m->file_crc, &form, &ignored);
}

static void learn_digests(struct run *r)
{
    struct instance_digest batch[CATALOG_DIGESTS];
    struct err ignored = ERR_INIT;
    size_t at = 0, n;

    while ((n = manifest_fresh(&r->manifest, &at, batch, CATALOG_DIGESTS)) > 0)
        if (catalog_learn_digests(r->catalog, batch, n, &ignored))
            return;
}

static int open_pool(struct run *r, struct err *e)
{
    const struct helper_setup setup = helper_setup_of(r->conf);

    return r->pool || helper_pool_open(&setup, &r->pool, e) == 0 ? 0 : -1;
}

static int cmd_zip_begin_dicomdir(struct run *r, struct err *e)
{
    struct dicomdir_study study;

    dicomdir_release(&r->dicomdir);
    if (!options.dicomdir)
        return 0;
    return catalog_dicomdir_study(r->catalog, r->study, &study, e) || dicomdir_init(&r->dicomdir, &r->plan, &study, e);
}

static int cmd_zip_end_dicomdir(struct run *r, struct err *e)
{
    if (!options.dicomdir)
        return 0;
    return open_pool(r, e) || dicomdir_make(&r->dicomdir, r->pool, e);
}

static int cmd_zip_make_plan(struct run *r, const struct plan_options *o, struct err *e)
{
    const struct catalog_query query = {.study = r->study, .series = r->series, .instance = r->instance,
                                        .target = conversion_rules_target(&options.wish), .codec_version = o->codec_version,
                                        .compressor = deflate_identity(), .keys = options.dicomdir,
                                        .all = options.manifest || options.dicomdir,
                                        .max_instances = r->conf->max_instances,
                                        .digests = options.manifest != NULL};

    manifest_release(&r->manifest);
    plan_release(&r->plan);
    plan_init(&r->plan, o);
    if (options.manifest)
        manifest_init(&r->manifest, &r->plan,
                     strcmp(options.manifest, "csv") == 0 ? MANIFEST_CSV_SHA256 : MANIFEST_SHA256);
    if (cmd_zip_begin_dicomdir(r, e) || catalog_find(r->catalog, &query, cmd_zip_add_instance, r, e))
        return -1;
    if (cmd_zip_end_dicomdir(r, e))
        return -1;
    return r->manifest.plan ? finish_table(&r->manifest, e) : finish_plan(&r->plan, e);
}

/*
 * Recorded conversions depend on the codec version, so the helper processes are
 * needed to read them.
 */
static int make_plans(struct run *r, struct plan_options *o, struct err *e)
{
    struct err ignored = ERR_INIT;

    if (cmd_zip_make_plan(r, o, e))
        return -1;
    if (!plan_converts(&r->plan))
        return 0;
    (void)!cache_open(r->conf, false, &r->cache, &ignored); /* the responder's cache, which this
                                                             * account may not be allowed to use */
    if (open_pool(r, e) || helper_pool_codec_version(r->pool, &o->codec_version, e))
        return -1;
    return cmd_zip_make_plan(r, o, e);
}

static int check_files(struct run *r, struct err *e)
{
    uint64_t bad = 0;

    if (content_check(&r->content, &bad, e) == 0)
        return 0;
    if (bad > 1)
        fprintf(stderr, "wadozip: %" PRIu64 " files are not as they were indexed; the first of them:\n", bad);
    return -1;
}

static void cmd_zip_show_progress(struct run *r)
{
    static const char bar[] = "##############################";
    uint64_t all = r->plan.length_known ? r->plan.length : 0;
    double seconds = progress_seconds(&r->progress), done = all ? (double)r->written / (double)all : 0;
    char left[PROGRESS_TIME_MAX];
    int full = (int)(done * BAR);

    if (!progress_due(&r->progress))
        return;
    progress_left(done, seconds, left);
    if (all)
        progress_draw(&r->progress, "[%.*s%*s] %3.0f %%  %.1f of %.1f MB, %.1f MB/s%s%s", full, bar, BAR - full, "",
                      done * 100, (double)r->written / 1e6, (double)all / 1e6, (double)r->written / 1e6 / seconds,
                      *left ? ", left about " : "", left);
    else
        progress_draw(&r->progress, "%.1f MB, %.1f MB/s", (double)r->written / 1e6, (double)r->written / 1e6 / seconds);
}

static int cmd_zip_flush(void *ctx, const uint8_t *data, size_t len, struct err *e)
{
    struct run *r = ctx;

    if (cli_stopped)
        return err_set(e, ERR_PEER, "interrupted");
    if (io_write(r->output.fd, data, len))
        return err_sys(e, ERR_SYSTEM, "cannot write the archive");
    r->written += len;
    cmd_zip_show_progress(r);
    return 0;
}

static int cmd_zip_work(struct run *r, struct err *e)
{
    struct plan_options plan = {
        .framing = PLAN_ZIP, .names = options.dicomdir ? PLAN_NAMES_MEDIA : options.names, .wish = options.wish,
        .compression = options.compression ? plan_compression(options.compression)
                                           : plan_compression_setting(r->conf->compression),
        .entry_time = r->conf->entry_time == CONF_ENTRY_TIME_DATA,
        .max_instances = r->conf->max_instances, .max_bytes = r->conf->max_bytes};
    const struct content_learn learn = {.form = cmd_zip_learn_conversion, .ctx = r};

    progress_open(&r->progress, options.quiet);
    if (store_open(r->conf, &r->store, e) || catalog_open(r->conf->database, &r->catalog, e))
        return -1;
    if (catalog_learn_at(r->catalog, r->conf->database_learn, e))
        return -1;
    if (make_plans(r, &plan, e))
        return -1;
    content_init(&r->content, &r->plan, r->store, r->pool, &learn);
    r->content.cache = r->cache;
    r->content.threads = (unsigned)r->conf->compress_threads;
    if (check_files(r, e) || new_file_open(r->conf, options.output, &r->output, e))
        return -1;
    if (sink_open(&r->sink, cmd_zip_flush, r, e))
        return -1;
    if (body_send(&r->plan, &r->content, &r->sink, e) || sink_flush(&r->sink, e))
        return -1;
    learn_digests(r);
    return new_file_keep(&r->output, e);
}

static void cmd_zip_release(struct run *r)
{
    sink_close(&r->sink);
    new_file_close(&r->output);
    if (r->content.plan)
        content_release(&r->content);
    manifest_release(&r->manifest);
    dicomdir_release(&r->dicomdir);
    plan_release(&r->plan);
    helper_pool_close(r->pool);
    cache_close(r->cache);
    store_close(r->store);
    catalog_close(r->catalog);
}

static int cmd_zip_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct run r = {.conf = c, .output.fd = -1};
    struct err e = ERR_INIT;
    int rc;

    (void)ctx;
    if (argc != 1 || !parse_what(&r, argv[0]))
        return cli_misuse("zip: give one STUDY, STUDY/SERIES or STUDY/SERIES/INSTANCE");
    if (!options.output)
        return cli_misuse("zip: give the file with -o FILE, or -o - for standard output");
    if (options.dicomdir && options.named)
        return cli_misuse("zip: with --dicomdir names are those that PS3.10 allows: leave --names out");
    options.wish.lossy_allowed = c->lossy_conversion;
    cli_catch_signals();
    rc = cmd_zip_work(&r, &e);
    progress_clear(&r.progress);
    if (rc == 0 && !options.quiet)
        fprintf(stderr, "%zu instances, %.1f MB in %.1f s\n", plan_instances(&r.plan), (double)r.written / 1e6,
                progress_seconds(&r.progress));
    if (rc)
        rc = cli_stopped ? (cli_fail(&e), CLI_INTERRUPTED) : cli_fail(&e);
    cmd_zip_release(&r);
    return rc;
}

static const struct option long_options[] = {
    {"output", required_argument, NULL, 'o'},
    {"transfer-syntax", required_argument, NULL, 't'},
    {"names", required_argument, NULL, 'n'},
    {"compression", required_argument, NULL, 'c'},
    {"manifest", required_argument, NULL, 'm'},
    {"dicomdir", no_argument, NULL, 'd'},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

const struct cli_command cmd_zip = {
    .name = "zip", .arguments = "STUDY[/SERIES[/INSTANCE]]",
    .summary = "writes a study, series or instance into a ZIP file",
    .options = "  -o FILE        where to; - is standard output; the file appears when it is complete\n"
               "  --transfer-syntax UID|*  instead of Explicit VR Little Endian; *: as stored\n"
               "  --names uid|series       names of members: UIDs, or numbers (the default)\n"
               "  --dicomdir     a File-set with a DICOMDIR and names of 8 characters (PS3.12 Annex V)\n"
               "  --compression auto|none|deflate  of members (default: the setting)\n"
               "  --manifest sha256|csv    adds MANIFEST.sha256, for sha256sum -c, or MANIFEST.csv as the last member\n"
               "  --quiet        no progress, no summary\n",
    .long_options = long_options, .short_options = "o:q", .option = cmd_zip_option, .run = cmd_zip_run,
};
