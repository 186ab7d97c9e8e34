/* SPDX-License-Identifier: MIT */
/* wadozip link create, list and revoke. */
#include "cli/cli.h"

#include <inttypes.h>

#include "base/expiry.h"
#include "base/num.h"
#include "base/secret.h"
#include "cli/text_table.h"
#include "dicom/uid.h"
#include "link/link_path.h"
#include "rights/grants.h"
#include "rights/links.h"

#define DEFAULT_SECONDS (UINT64_C(7) * 86400)
#define ADDRESS_MAX 2048

static struct {
    struct link_things things;
    bool choose;
    const char *passcode_file;
    struct link_wish wish;
} options = {.wish = {.label = "",
                      .creator = "",
                      .profile = "",
                      .transfer_syntax = "",
                      .seconds = DEFAULT_SECONDS}};

static bool cmd_link_option(void *ctx, int key, const char *value)
{
    (void)ctx;
    switch (key) {
    case 'r':
        return uid_valid(value, strlen(value)) && link_things_add(&options.things, "series", value);
    case 'c': return link_things_add(&options.things, "collection", value);
    case 'x': return expiry_parse(value, &options.wish.seconds);
    case 'p': options.choose = true; return true;
    case 'f': options.passcode_file = value; return *value != '\0';
    case 'm':
        return num_parse(value, strlen(value), 1000000, &options.wish.max_downloads) &&
               options.wish.max_downloads > 0;
    case 'l': options.wish.label = value; return strlen(value) <= LINKS_LABEL_MAX;
    case 't':
        options.wish.transfer_syntax = value;
        return strcmp(value, "*") == 0 || uid_valid(value, strlen(value));
    case 'i': options.wish.profile = value; return *value != '\0';
    default: options.wish.dicomdir = true; return true;
    }
}

/* Read a passcode from the first line of a file. "-": standard input. */
static int read_passcode(const char *path, char out[SECRET_PASSCODE_MAX + 2], struct err *e)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    bool got;

    if (!f)
        return err_sys(e, ERR_CONFIG, "cannot open %s", path);
    got = fgets(out, SECRET_PASSCODE_MAX + 2, f) != NULL;
    if (f != stdin)
        fclose(f);
    out[got ? strcspn(out, "\r\n") : 0] = '\0';
    if (strlen(out) < SECRET_PASSCODE_MIN || strlen(out) > SECRET_PASSCODE_MAX)
        return err_set(e, ERR_REQUEST, "a passcode has %d to %d bytes", SECRET_PASSCODE_MIN,
                       SECRET_PASSCODE_MAX);
    return 0;
}

static int make_passcode(char passcode[SECRET_PASSCODE_MAX + 2], char hash[SECRET_HASH],
                         struct err *e)
{
    *passcode = '\0';
    if (options.passcode_file && read_passcode(options.passcode_file, passcode, e))
        return -1;
    if (!options.passcode_file && options.choose && secret_choose(passcode, e))
        return -1;
    if (!*passcode)
        return 0;
    options.wish.passcode = hash;
    return secret_hash(passcode, hash, e);
}

static int print_address(const struct conf *c, const char *token, struct err *e)
{
    struct buf address;
    int rc;

    buf_init(&address, ADDRESS_MAX);
    link_path_address(c, "", token, &address);
    rc = buf_check(&address, "the address of the link", e);
    if (rc == 0)
        printf("%s\n", address.data);
    buf_release(&address);
    return rc;
}

static int create_link(const struct conf *c, struct db *db, struct err *e)
{
    char token[SECRET_TOKEN + 1], hash[SECRET_HASH], passcode[SECRET_PASSCODE_MAX + 2];
    uint64_t id;

    if (secret_token(token, e) || make_passcode(passcode, hash, e))
        return -1;
    options.wish.token = token;
    options.wish.things = &options.things;
    if (links_add(db, &options.wish, &id, e))
        return -1;
    if (print_address(c, token, e))
        return -1;
    if (options.choose)
        printf("passcode: %s\n", passcode);
    fprintf(stderr, "wadozip: link %" PRIu64 "; the address is shown only now\n", id);
    return 0;
}

static int link_create(const struct conf *c, struct db *db, int argc, char **argv, struct err *e)
{
    for (int i = 0; i < argc; i++)
        if (!uid_valid(argv[i], strlen(argv[i])) ||
            !link_things_add(&options.things, "study", argv[i]))
            return err_set(e, ERR_REQUEST, "link create: \"%.64s\" is not a Study Instance UID",
                           argv[i]);
    if (!options.things.count)
        return err_set(e, ERR_REQUEST,
                       "link create: to what? Name studies, --series or --collection");
    if (*options.wish.profile && !conf_deid_of(&c->deid, options.wish.profile))
        return err_set(
            e, ERR_REQUEST,
            "link create: there is no profile \"%.64s\"; `wadozip settings` lists deid.NAME",
            options.wish.profile);
    return create_link(c, db, e);
}

static int link_list(struct db *db, struct err *e)
{
    static const char *const titles[LINKS_COLUMNS] = {"link",     "state",     "expires", "what",
                                                      "passcode", "downloads", "by",      "label"};
    struct text_table t;
    int rc;

    text_table_init(&t);
    text_table_row(&t, titles, LINKS_COLUMNS);
    rc = links_list(db, text_table_take, &t, e);
    if (rc == 0)
        text_table_print(&t, stdout);
    text_table_release(&t);
    return rc;
}

static int link_revoke(struct db *db, int argc, char **argv, struct err *e)
{
    for (int i = 0; i < argc; i++) {
        uint64_t id;
        bool found;

        if (!num_parse(argv[i], strlen(argv[i]), INT64_MAX, &id))
            return err_set(e, ERR_REQUEST,
                           "link revoke: a link is a number; `wadozip link list` shows it");
        if (links_revoke(db, id, &found, e))
            return -1;
        if (!found)
            return err_set(e, ERR_NOT_FOUND, "there is no link %s", argv[i]);
        printf("link %s revoked\n", argv[i]);
    }
    return argc ? 0
                : err_set(e, ERR_REQUEST,
                          "link revoke: which link? `wadozip link list` shows the numbers");
}

static int cmd_link_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct db *db;
    const char *verb = argc ? argv[0] : "";
    int rc;

    (void)ctx;
    if (strcmp(verb, "create") != 0 && strcmp(verb, "list") != 0 && strcmp(verb, "revoke") != 0)
        return cli_misuse("link: say create, list or revoke");
    if (grants_open(c->database, &db, &e))
        return cli_fail(&e);
    if (*verb == 'c')
        rc = link_create(c, db, argc - 1, argv + 1, &e);
    else
        rc = *verb == 'l' ? link_list(db, &e) : link_revoke(db, argc - 1, argv + 1, &e);
    db_close(db);
    return rc ? cli_fail(&e) : CLI_OK;
}

static const struct option link_options[] = {{"series", required_argument, NULL, 'r'},
                                             {"collection", required_argument, NULL, 'c'},
                                             {"expires", required_argument, NULL, 'x'},
                                             {"passcode", no_argument, NULL, 'p'},
                                             {"passcode-file", required_argument, NULL, 'f'},
                                             {"max-downloads", required_argument, NULL, 'm'},
                                             {"label", required_argument, NULL, 'l'},
                                             {"transfer-syntax", required_argument, NULL, 't'},
                                             {"dicomdir", no_argument, NULL, 'd'},
                                             {"deidentify", required_argument, NULL, 'i'},
                                             {0}};

const struct cli_command cmd_link = {
    .name = "link",
    .arguments = "create STUDY... | list | revoke LINK...",
    .summary = "makes addresses that open studies without a password",
    .options = "  --series UID          one series instead of, or besides, studies\n"
               "  --collection ID       the series of a collection\n"
               "  --expires TIME        as 30m, 12h, 7d or 4w (default: 7d)\n"
               "  --passcode            choose a passcode and print it\n"
               "  --passcode-file FILE  take the passcode from a file; -: standard input\n"
               "  --max-downloads N     so many complete downloads\n"
               "  --label TEXT          shown on the page\n"
               "  --deidentify PROFILE  only as this profile leaves it\n"
               "  --transfer-syntax UID of the archive; *: as stored\n"
               "  --dicomdir            the archive of a study is a medium with a DICOMDIR\n",
    .long_options = link_options,
    .short_options = "",
    .option = cmd_link_option,
    .run = cmd_link_run,
};
