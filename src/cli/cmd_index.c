/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/num.h"
#include "rights/replay.h"
#include "cli/follow.h"
#include "cli/incomplete.h"
#include "cli/keep_archives.h"
#include "cli/preconvert.h"
#include "index/ingest.h"
#include "index/precount.h"
#include "index/progress.h"
#include "index/prune.h"

#define PLACES_MAX 4096
#define JOBS_MAX 256
#define SUMMARY_MAX 1024
#define REPLAY_SECONDS 60
#define REPLAY_SECONDS_MAX 86400
#define STUDIES_SHOWN 20 /* largest number of incomplete studies listed after a run */

static struct {
    bool prune, force, quiet, again, prepare, watch;
    unsigned jobs, replay_seconds; /* 0: setting helpers; do not wait */
} options;

struct index_run {
    const struct conf *conf;
    struct root_path *places;
    size_t count, room;
    struct writer *writer;
    struct ingest *ingest;
    struct precount *total;
    struct progress progress;
    struct counts counts;
    struct preconvert_tally prepared;
};

static bool cmd_index_option(void *ctx, int key, const char *value)
{
    uint64_t n = REPLAY_SECONDS;

    (void)ctx;
    options.prune |= key == 'p';
    options.force |= key == 'f';
    options.quiet |= key == 'q';
    options.again |= key == 'a';
    options.prepare |= key == 'r';
    options.watch |= key == 'w';
    if (value &&
        (!num_parse(value, strlen(value), key == 'j' ? JOBS_MAX : REPLAY_SECONDS_MAX, &n) ||
         n == 0))
        return false;
    if (key == 'j')
        options.jobs = (unsigned)n;
    if (key == 'W')
        options.replay_seconds = (unsigned)n;
    return true;
}

static void show_trouble(void *ctx, enum writer_outcome o, const char *label, const char *reason)
{
    struct index_run *r = ctx;

    progress_clear(&r->progress);
    fprintf(stderr, "%s: %s: %s\n", writer_outcome_name(o), label, reason);
}

static uint64_t files_done(const struct counts *t)
{
    uint64_t n = 0;

    for (int i = 0; i < WRITER_GONE; i++)
        n += t->files[i];
    return n;
}

/* Return the completed fraction. Files and bytes count equally, because both
 * take time. */
static double share(uint64_t files, uint64_t all_files, uint64_t bytes, uint64_t all_bytes)
{
    double f = all_files ? (double)files / (double)all_files : 1,
           b = all_bytes ? (double)bytes / (double)all_bytes : 1;

    return (f + b) / 2;
}

static void cmd_index_show_progress(void *ctx, const struct counts *t)
{
    struct index_run *r = ctx;
    uint64_t files = files_done(t), all_files = 0, all_bytes = 0;
    double seconds = progress_seconds(&r->progress);
    char left[PROGRESS_TIME_MAX] = "";
    bool counted;

    if (!progress_due(&r->progress))
        return;
    counted = r->total && precount_get(r->total, &all_files, &all_bytes);
    if (counted)
        progress_left(share(files, all_files, t->bytes, all_bytes), seconds, left);
    progress_draw(&r->progress, "%" PRIu64 " of %s%" PRIu64 " files, %.0f files/s, %.1f MB/s%s%s",
                  files, counted ? "" : "at least ", all_files > files ? all_files : files,
                  (double)files / seconds, (double)t->read_bytes / 1e6 / seconds,
                  *left ? ", left about " : "", left);
}

/* Skip a PATH beneath another one, which would be walked twice. */
static int add_place(struct index_run *r, const char *given, struct err *e)
{
    struct root_path *p;

    if (mem_grow(&r->places, &r->room, r->count + 1, MEM_ELEMENTS(*r->places, PLACES_MAX, "PATHs"),
                 e))
        return -1;
    p = &r->places[r->count];
    if (root_path_open(r->conf, given, p, e)) {
        root_path_close(p);
        return -1;
    }
    for (size_t i = 0; i < r->count; i++)
        if (root_path_covers(&r->places[i], p)) {
            root_path_close(p);
            return 0;
        }
    r->count++;
    if (p->objects && options.watch)
        return err_set(
            e, ERR_REQUEST,
            "%s: --watch does not notice changes in object storage; run index from a timer", given);
    if (!p->exists && !options.prune)
        return err_set(e, ERR_REQUEST,
                       "%s does not exist (with --prune it would be taken out of the catalogue)",
                       given);
    return 0;
}

/* Without a PATH: all roots. */
static int add_places(struct index_run *r, int argc, char **argv, struct err *e)
{
    for (int i = 0; i < argc; i++)
        if (add_place(r, argv[i], e))
            return -1;
    for (size_t i = 0; argc == 0 && i < r->conf->root_count; i++)
        if (add_place(r, r->conf->roots[i].path, e))
            return -1;
    return r->count ? 0
                    : err_set(e, ERR_CONFIG,
                              "no root is set: root.NAME = FOLDER names where the images lie");
}

static int cmd_index_prepare(struct index_run *r, int argc, char **argv, struct err *e)
{
    const struct ingest_setup setup = {.conf = r->conf,
                                       .counts = &r->counts,
                                       .jobs = options.jobs,
                                       .again = options.again,
                                       .stop = &cli_stopped,
                                       .watch = {show_trouble, cmd_index_show_progress, r}};
    struct ingest_setup full = setup;

    if (add_places(r, argc, argv, e))
        return -1;
    if (writer_open(r->conf->database, &r->writer, e) || writer_check(r->writer, e))
        return -1;
    for (size_t i = 0; options.prune && !options.force && i < r->count; i++)
        if (prune_guard(r->writer, &r->places[i], e))
            return -1;
    full.writer = r->writer;
    return ingest_open(&full, &r->ingest, e);
}

static void show_unmade(void *ctx, const char *label, const char *reason)
{
    struct index_run *r = ctx;

    progress_clear(&r->progress);
    fprintf(stderr, "not converted: %s: %s\n", label, reason);
}

static void show_preparing(void *ctx)
{
    struct index_run *r = ctx;
    const struct preconvert_tally *t = &r->prepared;
    uint64_t done = t->made + t->failed;
    double seconds = progress_seconds(&r->progress);
    char left[PROGRESS_TIME_MAX];

    if (!progress_due(&r->progress))
        return;
    progress_left(t->all ? (double)done / (double)t->all : 0, seconds, left);
    progress_draw(&r->progress, "converting ahead: %" PRIu64 " of at most %" PRIu64 ", %.1f/s%s%s",
                  done, t->all > done ? t->all : done, (double)done / seconds,
                  *left ? ", left about " : "", left);
}

static void show_unkept(void *ctx, const char *study_uid, const char *reason)
{
    struct index_run *r = ctx;

    progress_clear(&r->progress);
    fprintf(stderr, "no archive kept: %s: %s\n", study_uid, reason);
}

/* Runs last, when all sizes are known. */
static int keep_all_archives(struct index_run *r, struct err *e)
{
    const struct keep_archives_setup setup = {
        .conf = r->conf, .stop = &cli_stopped, .trouble = show_unkept, .ctx = r};
    uint64_t kept = 0;

    for (size_t i = 0; i < r->count && !cli_stopped; i++)
        if (keep_archives(&setup, &r->places[i], &kept, e))
            return -1;
    if (strcmp(r->conf->conversion_cache, "none") != 0)
        printf("%" PRIu64 " archives kept ahead\n", kept);
    return 0;
}

/* Runs after the index, which determines the instances. */
static int preconvert_all(struct index_run *r, struct err *e)
{
    const struct preconvert_setup setup = {.conf = r->conf,
                                           .counts = &r->prepared,
                                           .jobs = options.jobs,
                                           .count = r->progress.on,
                                           .stop = &cli_stopped,
                                           .trouble = show_unmade,
                                           .progress = show_preparing,
                                           .ctx = r};
    struct preconvert *p = NULL;
    int rc = preconvert_open(&setup, &p, e);

    progress_open(&r->progress, options.quiet);
    for (size_t i = 0; rc == 0 && i < r->count && !cli_stopped; i++)
        rc = preconvert_run(p, &r->places[i], e);
    preconvert_close(p);
    progress_clear(&r->progress);
    printf("%" PRIu64 " instances converted ahead, %" PRIu64 " not\n", r->prepared.made,
           r->prepared.failed);
    return rc;
}

static int cmd_index_work(struct index_run *r, struct err *e)
{
    int rc = 0;

    progress_open(&r->progress, options.quiet);
    if (r->progress.on)
        r->total = precount_open(r->places, r->count);
    for (size_t i = 0; rc == 0 && i < r->count && !cli_stopped; i++)
        if (r->places[i].exists)
            rc = ingest_run(r->ingest, &r->places[i], e);
    for (size_t i = 0; rc == 0 && options.prune && i < r->count && !cli_stopped; i++)
        rc = prune_run(r->writer, &r->places[i], &r->counts, &cli_stopped, e);
    if (rc == 0)
        rc = writer_sync(r->writer, e);
    precount_close(r->total);
    progress_clear(&r->progress);
    return rc;
}

static void cmd_index_show_summary(const struct index_run *r)
{
    double seconds = progress_seconds(&r->progress);
    struct buf text;

    buf_init(&text, SUMMARY_MAX);
    counts_write(&r->counts, &text);
    if (options.prune) {
        buf_str(&text, "; ");
        counts_write_pruned(&r->counts, &text);
    }
    printf("%s\n", text.data);
    if (!options.quiet)
        printf("%.1f s, %.0f files/s; %" PRIu64 " files read, %.1f MB/s\n", seconds,
               (double)files_done(&r->counts) / seconds, r->counts.read,
               (double)r->counts.read_bytes / 1e6 / seconds);
    buf_release(&text);
}

static int index_everything(void *ctx, struct err *e)
{
    return cmd_index_work(ctx, e);
}

static void show_batch(void *ctx)
{
    struct index_run *r = ctx;

    cmd_index_show_summary(r);
    fflush(stdout);
    r->counts = (struct counts){0};
}

static int follow(struct index_run *r, struct err *e)
{
    const struct follow f = {.places = r->places,
                             .count = r->count,
                             .ingest = r->ingest,
                             .writer = r->writer,
                             .counts = &r->counts,
                             .prune = options.prune,
                             .force = options.force,
                             .stop = &cli_stopped,
                             .everything = index_everything,
                             .done = show_batch,
                             .ctx = r};

    return follow_run(&f, e);
}

static int cmd_index_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct index_run r = {.conf = c};
    struct err e = ERR_INIT;
    int rc = CLI_OK;

    (void)ctx;
    if (options.watch && (options.prepare || options.replay_seconds))
        return cli_misuse("index: --watch does not combine with --prepare or --wait-replay");
    cli_catch_signals();
    if (cmd_index_prepare(&r, argc, argv, &e)) {
        rc = cli_fail(&e);
    } else if (options.watch) {
        rc = follow(&r, &e) ? cli_fail(&e) : CLI_OK;
    } else {
        if (cmd_index_work(&r, &e))
            rc = cli_fail(&e);
        cmd_index_show_summary(&r);
        if (rc == CLI_OK && options.prepare && !cli_stopped &&
            (preconvert_all(&r, &e) || keep_all_archives(&r, &e)))
            rc = cli_fail(&e);
        if (rc == CLI_OK && options.replay_seconds &&
            replay_wait(c->database, options.replay_seconds, &cli_stopped, &e))
            rc = cli_fail(&e);
        if (rc == CLI_OK && counts_has_failures(&r.counts) &&
            incomplete_show(r.writer, stderr, "", STUDIES_SHOWN, &e))
            rc = cli_fail(&e);
        if (rc == CLI_OK && cli_stopped)
            rc = CLI_INTERRUPTED;
        else if (rc == CLI_OK && (counts_has_failures(&r.counts) || r.prepared.failed))
            rc = CLI_INCOMPLETE;
    }
    ingest_close(r.ingest);
    writer_close(r.writer);
    for (size_t i = 0; i < r.count; i++)
        root_path_close(&r.places[i]);
    free(r.places);
    return rc;
}

static const struct option long_options[] = {
    {"prune", no_argument, NULL, 'p'},
    {"force", no_argument, NULL, 'f'},
    {"quiet", no_argument, NULL, 'q'},
    {"again", no_argument, NULL, 'a'},
    {"jobs", required_argument, NULL, 'j'},
    {"prepare", no_argument, NULL, 'r'},
    {"watch", no_argument, NULL, 'w'},
    {"wait-replay", optional_argument, NULL, 'W'},
    {NULL, 0, NULL, 0},
};

const struct cli_command cmd_index = {
    .name = "index",
    .arguments = "[PATH...]",
    .summary = "takes the DICOM files beneath PATHs (default: all roots) into the catalogue",
    .options =
        "  --prune        take out what is in the catalogue and no longer beneath the PATHs\n"
        "  --force        prune also when a root or PATH is empty\n"
        "  --again        read also unchanged files that were refused, or were no DICOM, before\n"
        "  --prepare      then convert ahead what answers in the default form need, and fill conversion_cache\n"
        "  --watch        then go on: what comes or changes is indexed within seconds, until it is stopped\n"
        "  --wait-replay[=SECONDS]  then wait until the standbys know it, at most 60 s or SECONDS\n"
        "  --jobs N       processes that read (default: setting helpers)\n"
        "  --quiet        no progress, no times\n",
    .long_options = long_options,
    .short_options = "qj:",
    .option = cmd_index_option,
    .run = cmd_index_run,
};
