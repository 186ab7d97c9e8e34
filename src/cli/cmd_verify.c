/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/num.h"
#include "cli/resume_file.h"
#include "index/progress.h"

#define ITEMS_MAX 4096
#define JOBS_MAX 256
#define SUMMARY_MAX 1024
#define SAVE_SECONDS 5 /* between two writes of the resume file */

static struct {
    bool quiet;
    unsigned jobs;
    uint64_t rate;
    const char *resume;
} options;

/* One argument of the command: a path or a study. */
struct item {
    struct root_path place;
    const char *study; /* null: use the path */
};

struct verify_run {
    const struct conf *conf;
    struct item *items;
    size_t count, room;
    struct file_list *file_list;
    struct verify *verify;
    struct progress progress;
    struct resume_file mark;
    struct buf scope;
    uint64_t all_files, all_bytes; /* in the catalogue; 0: not counted */
    uint64_t bytes_before;         /* from earlier runs */
    double saved;                  /* time of the last write */
    struct err save_error;
};

static bool cmd_verify_option(void *ctx, int key, const char *value)
{
    uint64_t jobs;

    (void)ctx;
    switch (key) {
    case 'q':
        options.quiet = true;
        return true;
    case 'r':
        options.resume = value;
        return *value != '\0' && strcmp(value, "-") != 0;
    case 's':
        return num_parse_size(value, UINT64_C(1) << 50, &options.rate) && options.rate > 0;
    default:
        break;
    }
    if (!num_parse(value, strlen(value), JOBS_MAX, &jobs) || jobs == 0)
        return false;
    options.jobs = (unsigned)jobs;
    return true;
}

static void show_found(void *ctx, enum verify_result f, const char *label, const char *reason)
{
    struct verify_run *r = ctx;

    progress_clear(&r->progress);
    printf("%s: %s: %s\n", verify_result_name(f), label, reason);
}

static void cmd_verify_show_progress(void *ctx)
{
    struct verify_run *r = ctx;
    const struct verify_counts *t = &r->mark.counts;
    uint64_t files = verify_result_total(t) - t->files[VERIFY_RESULT_NEW],
             bytes = t->bytes - r->bytes_before;
    double seconds = progress_seconds(&r->progress), done;
    char left[PROGRESS_TIME_MAX] = "";

    if (!progress_due(&r->progress))
        return;
    if (r->mark.at.read) {
        progress_draw(&r->progress, "looking for new files: %" PRIu64 " found",
                      t->files[VERIFY_RESULT_NEW]);
        return;
    }
    done = r->all_bytes > r->bytes_before ? (double)bytes / (double)(r->all_bytes - r->bytes_before)
                                          : 1;
    progress_left(done, seconds, left);
    progress_draw(&r->progress,
                  "%" PRIu64 " of %" PRIu64 " files, %.1f MB/s, %" PRIu64 " not good%s%s", files,
                  r->all_files > files ? r->all_files : files, (double)bytes / 1e6 / seconds,
                  files - t->files[VERIFY_RESULT_GOOD], *left ? ", left about " : "", left);
}

/*
 * Flush reported lines before the resume file moves past them. A resume file
 * that cannot be written ends the run.
 */
static void save_mark(struct verify_run *r)
{
    if (fflush(stdout))
        (void)err_sys(&r->save_error, ERR_SYSTEM, "cannot write to standard output");
    else if (r->save_error.kind == ERR_NONE)
        (void)!resume_file_save(r->conf, options.resume, r->scope.data, &r->mark, &r->save_error);
    r->saved = io_now();
    if (r->save_error.kind != ERR_NONE)
        cli_stopped = SIGTERM;
}

static void reached(void *ctx)
{
    struct verify_run *r = ctx;

    if (options.resume && (r->mark.at.read || io_now() - r->saved >= SAVE_SECONDS))
        save_mark(r);
}

static bool has_all_of(const struct item *outer, const struct item *inner)
{
    if (outer->study || inner->study)
        return outer->study && inner->study && strcmp(outer->study, inner->study) == 0;
    return root_path_covers(&outer->place, &inner->place);
}

/*
 * Merge the last item into the list: skip it if another item covers it, and
 * drop items that it covers.
 */
static void merge_item(struct verify_run *r)
{
    struct item last = r->items[--r->count];
    size_t kept = 0;

    for (size_t i = 0; i < r->count; i++)
        if (has_all_of(&r->items[i], &last)) {
            root_path_close(&last.place);
            return;
        }
    for (size_t i = 0; i < r->count; i++)
        if (has_all_of(&last, &r->items[i]))
            root_path_close(&r->items[i].place);
        else
            r->items[kept++] = r->items[i];
    r->items[kept] = last;
    r->count = kept + 1;
}

static int add_item(struct verify_run *r, const char *given, struct err *e)
{
    struct item *i;

    if (mem_grow(&r->items, &r->room, r->count + 1, MEM_ELEMENTS(*r->items, ITEMS_MAX, "PATHs"), e))
        return -1;
    i = &r->items[r->count];
    *i = (struct item){.place.root_fd = -1};
    if (uid_valid(given, strlen(given))) {
        i->study = given;
        buf_printf(&r->scope, "study %s\n", given);
    } else if (root_path_open(r->conf, given, &i->place, e)) {
        root_path_close(&i->place);
        return -1;
    } else {
        buf_printf(&r->scope, "beneath %s:%s\n", i->place.root->name, i->place.path);
    }
    r->count++;
    merge_item(r);
    return 0;
}

static int count_item(struct verify_run *r, const struct item *i, struct err *e)
{
    uint64_t files = 0, bytes = 0;
    int rc = i->study ? file_list_count_study(r->file_list, i->study, &files, &bytes, e)
                      : file_list_count_beneath(r->file_list, i->place.root->name, i->place.path,
                                                &files, &bytes, e);

    r->all_files += files;
    r->all_bytes += bytes;
    return rc;
}

static int resume(struct verify_run *r, struct err *e)
{
    bool there = false;

    if (buf_check(&r->scope, "what is to be verified", e) ||
        resume_file_load(options.resume, r->scope.data, &r->mark, &there, e))
        return -1;
    if (r->mark.item >= r->count)
        return err_set(e, ERR_REQUEST, "%s is damaged: remove it to start again", options.resume);
    r->bytes_before = r->mark.counts.bytes;
    if (there && !options.quiet)
        fprintf(stderr, "resumed behind %" PRIu64 " files\n", verify_result_total(&r->mark.counts));
    return there ? 0 : resume_file_save(r->conf, options.resume, r->scope.data, &r->mark, e);
}

static int cmd_verify_prepare(struct verify_run *r, int argc, char **argv, struct err *e)
{
    const struct verify_setup setup = {.conf = r->conf,
                                       .counts = &r->mark.counts,
                                       .jobs = options.jobs,
                                       .rate = options.rate,
                                       .stop = &cli_stopped,
                                       .watch = {show_found, cmd_verify_show_progress, reached, r}};
    struct verify_setup full = setup;

    buf_str(&r->scope, "wadozip verify 1\n");
    for (int i = 0; i < argc; i++)
        if (add_item(r, argv[i], e))
            return -1;
    for (size_t i = 0; argc == 0 && i < r->conf->root_count; i++)
        if (add_item(r, r->conf->roots[i].path, e))
            return -1;
    if (r->count == 0)
        return err_set(e, ERR_CONFIG,
                       "no root is configured: `wadozip settings` lists them as root.NAME");
    if (file_list_open(r->conf->database, &r->file_list, e) || file_list_check(r->file_list, e))
        return -1;
    if (options.resume && resume(r, e))
        return -1;
    full.file_list = r->file_list;
    return verify_open(&full, &r->verify, e);
}

static int cmd_verify_work(struct verify_run *r, struct err *e)
{
    int rc = 0;

    progress_open(&r->progress, options.quiet);
    for (size_t i = 0; rc == 0 && r->progress.on && i < r->count; i++)
        rc = count_item(r, &r->items[i], e);
    while (rc == 0 && !cli_stopped) {
        const struct item *i = &r->items[r->mark.item];

        rc = verify_run(r->verify, i->study ? NULL : &i->place, i->study, &r->mark.at, e);
        if (rc || cli_stopped || r->mark.item + 1 == r->count)
            break;
        r->mark.item++;
        r->mark.at = (struct verify_position){0};
    }
    progress_clear(&r->progress);
    return rc;
}

/*
 * After an interruption or failure keep the resume file, so the next run
 * continues there. Otherwise remove it.
 */
static int end_mark(struct verify_run *r, bool complete, struct err *e)
{
    if (!complete && r->save_error.kind == ERR_NONE)
        save_mark(r);
    if (r->save_error.kind != ERR_NONE)
        return err_set(e, r->save_error.kind, "%s", r->save_error.text);
    if (complete && unlink(options.resume) && errno != ENOENT)
        return err_sys(e, ERR_SYSTEM, "cannot remove %s", options.resume);
    return 0;
}

static void cmd_verify_show_summary(const struct verify_run *r)
{
    const struct verify_counts *t = &r->mark.counts;
    double seconds = progress_seconds(&r->progress);
    struct buf text;

    buf_init(&text, SUMMARY_MAX);
    verify_result_write(t, &text);
    printf("%s\n", text.data);
    if (!options.quiet)
        printf("%.1f s, %.1f MB read, %.1f MB/s\n", seconds,
               (double)(t->bytes - r->bytes_before) / 1e6,
               (double)(t->bytes - r->bytes_before) / 1e6 / seconds);
    buf_release(&text);
}

static void cmd_verify_release(struct verify_run *r)
{
    verify_close(r->verify);
    file_list_close(r->file_list);
    for (size_t i = 0; i < r->count; i++)
        root_path_close(&r->items[i].place);
    free(r->items);
    buf_release(&r->scope);
}

static int cmd_verify_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct verify_run r = {.conf = c};
    struct err e = ERR_INIT;
    int rc;

    (void)ctx;
    buf_init(&r.scope, RESUME_FILE_MAX / 2);
    cli_catch_signals();
    if (cmd_verify_prepare(&r, argc, argv, &e)) {
        rc = cli_fail(&e);
    } else {
        rc = cmd_verify_work(&r, &e);
        if (options.resume && end_mark(&r, rc == 0 && !cli_stopped, &e))
            rc = -1;
        cmd_verify_show_summary(&r);
        if (rc)
            rc = cli_fail(&e);
        else
            rc = cli_stopped                                 ? CLI_INTERRUPTED
                 : verify_result_has_trouble(&r.mark.counts) ? CLI_INCOMPLETE
                                                             : CLI_OK;
    }
    cmd_verify_release(&r);
    return rc;
}

static const struct option long_options[] = {
    {"rate", required_argument, NULL, 's'}, {"resume", required_argument, NULL, 'r'},
    {"jobs", required_argument, NULL, 'j'}, {"quiet", no_argument, NULL, 'q'},
    {NULL, 0, NULL, 0},
};

const struct cli_command cmd_verify = {
    .name = "verify",
    .arguments = "[PATH|STUDY-UID...]",
    .summary = "reads files again and compares them with the catalogue; changes nothing",
    .options =
        "  Without arguments: everything beneath all roots. Prints one line for each file that is not good:\n"
        "  touched (only its time), changed, damaged, missing, unreadable, new (not in the catalogue).\n"
        "  --rate SIZE    bytes to read a second on average, as 50M\n"
        "  --resume FILE  keep in FILE how far this has come; go on from there when FILE exists\n"
        "  --jobs N       processes that read (default: setting helpers)\n"
        "  --quiet        no progress, no times\n",
    .long_options = long_options,
    .short_options = "qj:",
    .option = cmd_verify_option,
    .run = cmd_verify_run,
};
