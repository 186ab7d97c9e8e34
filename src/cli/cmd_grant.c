/* SPDX-License-Identifier: MIT */
/* wadozip grant, revoke and grants. */
#include "cli/cli.h"

#include <inttypes.h>

#include "base/num.h"
#include "rights/access.h"
#include "rights/grants.h"
#include "base/expiry.h"
#include "cli/text_table.h"
#include "dicom/uid.h"

#define WHAT_MAX 4096

static struct grant options = {.acts = ACCESS_SEARCH | ACCESS_RETRIEVE};
static char what[WHAT_MAX]; /* of options */
static unsigned things;     /* named so far */

/* Parse a list of acts: search,retrieve,share. */
static bool parse_acts(const char *list, unsigned *acts)
{
    static const char *const names[] = {"search", "retrieve", "share"};

    *acts = 0;
    while (*list) {
        size_t len = strcspn(list, ","), i = 0;

        while (i < 3 && (len != strlen(names[i]) || memcmp(list, names[i], len) != 0))
            i++;
        if (i == 3)
            return false;
        *acts |= 1u << i;
        list += len + (list[len] == ',');
    }
    return *acts != 0;
}

/* Take the granted thing: a kind and its value. */
static bool name_thing(const char *kind, const char *value)
{
    things++;
    options.what = what;
    return *value && snprintf(what, sizeof what, "%s %s", kind, value) < WHAT_MAX;
}

static bool cmd_grant_option(void *ctx, int key, const char *value)
{
    (void)ctx;
    switch (key) {
    case 'e':
        things++;
        options.what = "everything";
        return true;
    case 'p': return name_thing("patient", value);
    case 'i': options.issuer = value; return true;
    case 's': return uid_valid(value, strlen(value)) && name_thing("study", value);
    case 'r': return uid_valid(value, strlen(value)) && name_thing("series", value);
    case 'c': return name_thing("collection", value);
    case 'd': options.profile = value; return *value != '\0';
    case 'a': return parse_acts(value, &options.acts);
    default: return expiry_parse(value, &options.seconds);
    }
}

static int grant_each(struct db *db, int count, char **who, struct err *e)
{
    for (int i = 0; i < count; i++) {
        uint64_t id;

        options.who = who[i];
        if (grants_add(db, &options, &id, e))
            return -1;
        printf("grant %" PRIu64 ": %s\n", id, who[i]);
    }
    return 0;
}

static int cmd_grant_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct db *db;
    int rc;

    (void)ctx;
    if (argc == 0)
        return cli_misuse("grant: to whom? Say user:NAME, group:NAME or everyone");
    for (int i = 0; i < argc; i++)
        if (!grants_is_principal(argv[i]) || strncmp(argv[i], "link:", 5) == 0) {
            fprintf(stderr, "wadozip: grant: \"%.64s\" is not user:NAME, group:NAME or everyone\n",
                    argv[i]);
            return CLI_FAILED;
        }
    if (things != 1 || (options.issuer && strncmp(options.what, "patient ", 8) != 0))
        return cli_misuse(
            "grant: name one of --everything, --patient [--issuer], --study, --series and --collection");
    if (grants_open(c->database, &db, &e))
        return cli_fail(&e);
    rc = grant_each(db, argc, argv, &e);
    db_close(db);
    if (rc == 0 && c->access != CONF_ACCESS_GRANTS)
        fprintf(stderr, "wadozip: grants have no effect until the settings say access = grants\n");
    return rc ? cli_fail(&e) : CLI_OK;
}

static int cmd_revoke_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct db *db;
    int rc = CLI_OK;

    (void)ctx;
    if (argc == 0)
        return cli_misuse("revoke: which grant? `wadozip grants` lists their numbers");
    if (grants_open(c->database, &db, &e))
        return cli_fail(&e);
    for (int i = 0; i < argc && rc != CLI_FAILED; i++) {
        uint64_t id;
        bool found = false;

        if (!num_parse(argv[i], strlen(argv[i]), INT64_MAX, &id))
            rc = cli_misuse("revoke: a grant is a number; `wadozip grants` lists them");
        else if (grants_revoke(db, id, &found, &e))
            rc = cli_fail(&e);
        else if (!found)
            rc = CLI_INCOMPLETE;
        if (rc != CLI_FAILED)
            printf("grant %s %s\n", argv[i], found ? "revoked" : "does not exist");
    }
    db_close(db);
    return rc;
}

static int cmd_grants_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    static const char *const titles[GRANTS_COLUMNS] = {"grant", "who",  "what",
                                                       "acts",  "form", "expires"};
    struct err e = ERR_INIT;
    struct text_table t;
    struct db *db;
    int rc;

    (void)ctx;
    if (argc > 1 || (argc == 1 && !grants_is_principal(argv[0])))
        return cli_misuse("grants: of whom? Say user:NAME, group:NAME or everyone, or nothing");
    if (grants_open(c->database, &db, &e))
        return cli_fail(&e);
    text_table_init(&t);
    text_table_row(&t, titles, GRANTS_COLUMNS);
    rc = grants_list(db, argc ? argv[0] : NULL, text_table_take, &t, &e);
    if (rc == 0)
        text_table_print(&t, stdout);
    text_table_release(&t);
    db_close(db);
    return rc ? cli_fail(&e) : CLI_OK;
}

static const struct option grant_options[] = {
    {"everything", no_argument, NULL, 'e'},    {"patient", required_argument, NULL, 'p'},
    {"issuer", required_argument, NULL, 'i'},  {"study", required_argument, NULL, 's'},
    {"series", required_argument, NULL, 'r'},  {"collection", required_argument, NULL, 'c'},
    {"acts", required_argument, NULL, 'a'},    {"deidentify", required_argument, NULL, 'd'},
    {"expires", required_argument, NULL, 'x'}, {0}};

const struct cli_command cmd_grant = {
    .name = "grant",
    .arguments = "WHO...",
    .summary = "grants users or groups what they may search and retrieve",
    .options =
        "  WHO               user:NAME, group:NAME or everyone (who is authenticated)\n"
        "  --everything      the whole catalogue\n"
        "  --patient ID      all studies of a Patient ID\n"
        "  --issuer ISSUER   with --patient: of this Issuer of Patient ID alone; \"\": without one\n"
        "  --study UID       one study\n"
        "  --series UID      one series\n"
        "  --collection ID   the series of a collection\n"
        "  --acts LIST       search,retrieve,share (default: search,retrieve)\n"
        "  --deidentify NAME only de-identified with this profile\n"
        "  --expires TIME    as 30m, 12h, 7d or 4w (default: never)\n",
    .long_options = grant_options,
    .short_options = "",
    .option = cmd_grant_option,
    .run = cmd_grant_run,
};

const struct cli_command cmd_revoke = {
    .name = "revoke",
    .arguments = "GRANT...",
    .summary = "takes grants back, by their numbers",
    .options = "",
    .short_options = "",
    .run = cmd_revoke_run,
};

const struct cli_command cmd_grants = {
    .name = "grants",
    .arguments = "[WHO]",
    .summary = "lists grants",
    .options = "",
    .short_options = "",
    .run = cmd_grants_run,
};
