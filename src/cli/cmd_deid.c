/* SPDX-License-Identifier: MIT */
/* wadozip deid: make a key, de-identify a file, report a profile's changes of a study. */
#include "cli/cli.h"

#include <fcntl.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/hex.h"
#include "base/io.h"
#include "base/num.h"
#include "cli/deid_study.h"
#include "cli/new_file.h"
#include "dicom/deid_key.h"
#include "helper/helper_run.h"
#include "store/write_guard.h"

#define COPY_PIECE (64 * 1024)

static struct {
    const char *key;
    unsigned options;
    uint64_t days;
    const char *profile; /* of the settings, for a report */
    enum deid_report_format format;
} deid = {.days = DEID_DAYS_DEFAULT, .profile = CONF_DEID_BASIC};

static bool parse_options(const char *list)
{
    unsigned options;

    if (!deid_options_parse(list, &options))
        return false;
    deid.options |= options;
    return true;
}

static bool cmd_deid_option(void *ctx, int key, const char *value)
{
    (void)ctx;
    switch (key) {
    case 'k': deid.key = value; return *value != '\0';
    case 'o': return parse_options(value);
    case 'd': return num_parse(value, strlen(value), DEID_DAYS_MAX, &deid.days) && deid.days > 0;
    case 'D': deid.profile = value; return *value != '\0';
    case 'f':
        deid.format = strcmp(value, "csv") == 0 ? DEID_REPORT_CSV : DEID_REPORT_TEXT;
        return deid.format == DEID_REPORT_CSV || strcmp(value, "text") == 0;
    case 'w': deid.options |= DEID_WITHHOLD_PIXELS; return true;
    default: deid.options |= DEID_TRUST_PIXELS; return true;
    }
}

/* Make a key file, for its owner alone. A key that exists is never replaced:
 * nothing else can repeat its pseudonyms. */
static int make_key(const char *path, struct err *e)
{
    uint8_t key[DEID_KEY_BYTES];
    char text[DEID_KEY_TEXT + 1];
    int fd, rc;

    if (getrandom(key, sizeof key, 0) != (ssize_t)sizeof key)
        return err_sys(e, ERR_SYSTEM, "no random numbers");
    memcpy(hex_write(text, key, sizeof key), "\n", 2);
    fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_sys(e, ERR_SYSTEM, "cannot create the key file %s", path);
    rc = io_write(fd, text, DEID_KEY_TEXT) || fsync(fd)
             ? err_sys(e, ERR_SYSTEM, "cannot write the key file %s", path)
             : 0;
    io_close(&fd);
    if (rc)
        unlink(path);
    return rc;
}

/* Write the profile for the job. */
static int read_key(char profile[DEID_PROFILE_MAX], struct err *e)
{
    uint8_t key[DEID_KEY_BYTES];
    int len = snprintf(profile, DEID_PROFILE_MAX, "%u %u ", deid.options, (unsigned)deid.days);

    if (deid_key_read(deid.key, key, e))
        return -1;
    hex_write(profile + len, key, sizeof key);
    return 0;
}

static int copy_result(int from, uint64_t size, int to, struct err *e)
{
    static char piece[COPY_PIECE];

    for (uint64_t at = 0; at < size;) {
        ssize_t n = pread(from, piece, size - at < COPY_PIECE ? (size_t)(size - at) : COPY_PIECE,
                          (off_t)at);

        if (n <= 0)
            return err_sys(e, ERR_SYSTEM, "cannot read the result back");
        if (io_write(to, piece, (size_t)n))
            return err_sys(e, ERR_SYSTEM, "cannot write the new file");
        at += (uint64_t)n;
    }
    return 0;
}

/* Write a result to a new file. */
static int keep_result(const struct conf *c, const char *path, const struct helper_result *r,
                       struct err *e)
{
    struct new_file out;
    int rc = -1;

    if (new_file_open(c, path, &out, e) == 0 && copy_result(r->fd, r->size, out.fd, e) == 0)
        rc = new_file_keep(&out, e);
    new_file_close(&out);
    return rc;
}

static int deidentify_file(const struct conf *c, char *const paths[2], struct err *e)
{
    struct helper_setup setup = helper_setup_of(c);
    struct helper_pool *pool = NULL;
    struct helper_result r = {.fd = -1};
    char profile[DEID_PROFILE_MAX];
    int fd, rc;

    setup.children = 1;
    if (read_key(profile, e))
        return -1;
    if ((fd = open(paths[0], O_RDONLY | O_CLOEXEC)) < 0)
        return err_sys(e, ERR_REQUEST, "cannot open %s", paths[0]);
    if (helper_pool_open(&setup, &pool, e)) {
        io_close(&fd);
        return -1;
    }
    rc = helper_run(pool, fd,
                    &(const struct helper_order){.kind = HELPER_DEIDENTIFY, .profile = profile}, &r,
                    e);
    if (rc == 0 && (r.class != HELPER_INSTANCE || r.fd < 0))
        rc = err_set(e, ERR_DATA, "%s: %s", paths[0], r.reason);
    if (rc == 0)
        rc = keep_result(c, paths[1], &r, e);
    io_close(&r.fd);
    helper_pool_close(pool);
    return rc;
}

static int report_study(const struct conf *c, const char *study)
{
    struct err e = ERR_INIT;
    struct deid_report r;
    int rc;

    if (!uid_valid(study, strlen(study)))
        return cli_misuse("deid report: give a Study Instance UID");
    cli_catch_signals();
    deid_report_open(&r, deid.format, stdout);
    rc = deid_study_report(c, study, deid.profile, &r, &e);
    if (fflush(stdout) && rc == 0)
        rc = err_sys(&e, ERR_SYSTEM, "cannot write the report");
    if (rc)
        rc = cli_fail(&e);
    else if (r.refused) {
        fprintf(stderr,
                "wadozip: %llu instances are refused, so ?deidentify=%s sends none of the study\n",
                (unsigned long long)r.refused, deid.profile);
        rc = CLI_INCOMPLETE;
    }
    deid_report_release(&r);
    return rc ? rc : CLI_OK;
}

static int cmd_deid_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct err e = ERR_INIT;

    (void)ctx;
    if (argc == 2 && strcmp(argv[0], "key") == 0)
        return make_key(argv[1], &e) ? cli_fail(&e) : CLI_OK;
    if (argc == 2 && strcmp(argv[0], "report") == 0)
        return report_study(c, argv[1]);
    if (argc != 3 || strcmp(argv[0], "file") != 0)
        return cli_misuse("deid: give key FILE, file IN OUT, or report STUDY");
    if (!deid.key)
        return cli_misuse("deid: --key is missing: make a key with wadozip deid key FILE");
    if (deidentify_file(c, argv + 1, &e) == 0)
        return CLI_OK;
    return e.kind == ERR_DATA ? (void)cli_fail(&e), CLI_INCOMPLETE : cli_fail(&e);
}

static const struct option long_options[] = {{"key", required_argument, NULL, 'k'},
                                             {"options", required_argument, NULL, 'o'},
                                             {"days", required_argument, NULL, 'd'},
                                             {"deidentify", required_argument, NULL, 'D'},
                                             {"format", required_argument, NULL, 'f'},
                                             {"trust-pixels", no_argument, NULL, 't'},
                                             {"withhold-pixels", no_argument, NULL, 'w'},
                                             {NULL, 0, NULL, 0}};

const struct cli_command cmd_deid = {
    .name = "deid",
    .arguments = "key FILE | file IN OUT | report STUDY",
    .summary = "makes keys for pseudonyms; de-identifies a file; reports what a profile changes",
    .options =
        "  --deidentify NAME  report: the profile (deid.NAME of the settings; default basic)\n"
        "  --format csv|text  report: all changes, or a line for an attribute (default)\n"
        "  --key FILE      file: the key, on which UIDs, pseudonyms and the shift of dates depend\n"
        "  --options LIST  of uids,device,institution,patient,full-dates,modified-dates,safe-private\n"
        "  --days N        modified-dates: greatest shift (default 1825)\n"
        "  --trust-pixels  take images that may show names, too\n"
        "  --withhold-pixels  take them with a plain image instead of theirs\n",
    .long_options = long_options,
    .short_options = "",
    .option = cmd_deid_option,
    .run = cmd_deid_run,
};
