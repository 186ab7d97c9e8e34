/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/io.h"
#include "cli/new_file.h"
#include "index/progress.h"
#include "retrieve/retrieve.h"
#include "retrieve/retrieve_learn.h"

#define BAR 30 /* characters */

static struct {
    const char *output;
    struct transfer_syntax_wish wish;
    enum plan_names names;
    const char *compression; /* null: use the setting */
    enum manifest_format manifest; /* MANIFEST_FORMATS: no manifest */
    enum plan_content content; /* --metadata; the zero value are instances */
    const char *deidentify;  /* name of a profile, or null */
    bool named;              /* --names was given */
    bool dicomdir, quiet;
} options = {.manifest = MANIFEST_FORMATS};

struct run {
    const struct conf *conf;
    char study[UID_MAX + 1], series[UID_MAX + 1], instance[UID_MAX + 1];
    struct deid_profile profile;
    struct retrieve_tools tools;
    struct retrieval retrieval;
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
        return strcmp(value, "auto") == 0 || strcmp(value, "none") == 0 ||
               strcmp(value, "deflate") == 0;
    case 'm':
        options.manifest = strcmp(value, "csv") == 0 ? MANIFEST_CSV_SHA256 : MANIFEST_SHA256;
        return strcmp(value, "sha256") == 0 || strcmp(value, "csv") == 0;
    case 'M':
        options.content = strcmp(value, "xml") == 0 ? PLAN_PACKAGE_XML : PLAN_PACKAGE_JSON;
        return strcmp(value, "json") == 0 || strcmp(value, "xml") == 0;
    case 'D':
        options.deidentify = value;
        return *value != '\0';
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

static int check_files(struct run *r, struct err *e)
{
    uint64_t bad = 0;

    if (retrieve_check(&r->retrieval, &bad, e) == 0)
        return 0;
    if (bad > 1)
        fprintf(stderr,
                "wadozip: %" PRIu64 " files are not as they were indexed; the first of them:\n",
                bad);
    return -1;
}

static void cmd_zip_show_progress(struct run *r)
{
    static const char bar[] = "##############################";
    uint64_t all = r->retrieval.progress.length_known ? r->retrieval.progress.length : 0;
    double seconds = progress_seconds(&r->progress),
           done = all ? (double)r->written / (double)all : 0;
    char left[PROGRESS_TIME_MAX];
    int full = (int)(done * BAR);

    if (!progress_due(&r->progress))
        return;
    progress_left(done, seconds, left);
    if (all)
        progress_draw(&r->progress, "[%.*s%*s] %3.0f %%  %.1f of %.1f MB, %.1f MB/s%s%s", full, bar,
                      BAR - full, "", done * 100, (double)r->written / 1e6, (double)all / 1e6,
                      (double)r->written / 1e6 / seconds, *left ? ", left about " : "", left);
    else
        progress_draw(&r->progress, "%.1f MB, %.1f MB/s", (double)r->written / 1e6,
                      (double)r->written / 1e6 / seconds);
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

static int load_profile(struct run *r, struct err *e)
{
    const struct conf_deid *found = conf_deid_of(&r->conf->deid, options.deidentify);

    if (!found)
        return err_set(e, ERR_REQUEST, "there is no profile \"%s\" (settings deid.NAME)",
                       options.deidentify);
    return deid_key_load(found, &r->profile, e);
}

/* Look up and plan. The responder's cache is used if this account is allowed
 * to. */
static int cmd_zip_plan(struct run *r, struct err *e)
{
    const struct conf *c = r->conf;
    const struct plan_options o = {
        .content = options.content, .framing = PLAN_ZIP,
        .names = options.dicomdir ? PLAN_NAMES_MEDIA : options.names, .wish = options.wish,
        .compression = options.compression ? plan_compression(options.compression)
                                           : plan_compression_setting(c->compression),
        .entry_time = c->entry_time == CONF_ENTRY_TIME_DATA,
        .profile = options.deidentify ? &r->profile : NULL,
        .max_instances = c->max_instances, .max_bytes = c->max_bytes};
    const struct retrieve_query q = {.study = r->study,
                                     .series = r->series,
                                     .instance = r->instance,
                                     .manifest = options.manifest,
                                     .dicomdir = options.dicomdir,
                                     .look_early = true};
    struct err ignored = ERR_INIT;

    if (options.deidentify && load_profile(r, e))
        return -1;
    if (retrieve_tools_open(&r->tools, e) || retrieve_plan(&r->retrieval, &o, &q, e))
        return -1;
    if (plan_converts(&r->retrieval.plan))
        (void)!cache_open(c, false, &r->tools.cache, &ignored);
    return 0;
}

static int cmd_zip_work(struct run *r, struct err *e)
{
    progress_open(&r->progress, options.quiet);
    if (cmd_zip_plan(r, e) || check_files(r, e))
        return -1;
    if (options.deidentify && retrieve_length(&r->retrieval, 0, false, e))
        return -1;
    if (new_file_open(r->conf, options.output, &r->output, e) ||
        sink_open(&r->sink, cmd_zip_flush, r, e))
        return -1;
    if (retrieve_send(&r->retrieval, &r->sink, e) || sink_flush(&r->sink, e))
        return -1;
    retrieve_learn_digests(&r->retrieval);
    return new_file_keep(&r->output, e);
}

static void cmd_zip_release(struct run *r)
{
    sink_close(&r->sink);
    new_file_close(&r->output);
    retrieve_release(&r->retrieval);
    retrieve_tools_close(&r->tools);
}

static int cmd_zip_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct run r = {.conf = c, .tools.conf = c, .retrieval = RETRIEVAL_NONE, .output.fd = -1};
    struct err e = ERR_INIT;
    int rc;

    (void)ctx;
    if (argc != 1 || !parse_what(&r, argv[0]))
        return cli_misuse("zip: give one STUDY, STUDY/SERIES or STUDY/SERIES/INSTANCE");
    if (!options.output)
        return cli_misuse("zip: give the file with -o FILE, or -o - for standard output");
    if (options.dicomdir && options.named)
        return cli_misuse(
            "zip: with --dicomdir names are those that PS3.10 allows: leave --names out");
    if (options.content != PLAN_INSTANCES &&
        (options.dicomdir || options.manifest != MANIFEST_FORMATS ||
         options.wish.rule != WISH_DEFAULT))
        return cli_misuse(
            "zip: --metadata contains no DICOM files: leave out --dicomdir, --manifest and --transfer-syntax");
    if (options.deidentify && options.content != PLAN_INSTANCES)
        return cli_misuse("zip: --metadata is not de-identified: leave out --deidentify");
    options.wish.lossy_allowed = c->lossy_conversion;
    r.retrieval.tools = &r.tools;
    cli_catch_signals();
    rc = cmd_zip_work(&r, &e);
    progress_clear(&r.progress);
    if (rc == 0 && !options.quiet)
        fprintf(stderr, "%zu instances, %.1f MB in %.1f s\n", plan_instances(&r.retrieval.plan),
                (double)r.written / 1e6, progress_seconds(&r.progress));
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
    {"metadata", required_argument, NULL, 'M'},
    {"deidentify", required_argument, NULL, 'D'},
    {"dicomdir", no_argument, NULL, 'd'},
    {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

const struct cli_command cmd_zip = {
    .name = "zip",
    .arguments = "STUDY[/SERIES[/INSTANCE]]",
    .summary = "writes a study, series or instance into a ZIP file",
    .options =
        "  -o FILE        where to; - is standard output; the file appears when it is complete\n"
        "  --transfer-syntax UID|*  instead of Explicit VR Little Endian; *: as stored\n"
        "  --names uid|series       names of members: UIDs, or numbers (the default)\n"
        "  --dicomdir     a File-set with a DICOMDIR and names of 8 characters (PS3.12 Annex V)\n"
        "  --deidentify NAME        by a profile of the settings (deid.NAME)\n"
        "  --compression auto|none|deflate  of members (default: the setting)\n"
        "  --manifest sha256|csv    adds MANIFEST.sha256, for sha256sum -c, or MANIFEST.csv as the last member\n"
        "  --metadata json|xml      instead of DICOM files: their metadata and bulk data\n"
        "  --quiet        no progress, no summary\n",
    .long_options = long_options,
    .short_options = "o:q",
    .option = cmd_zip_option,
    .run = cmd_zip_run,
};
