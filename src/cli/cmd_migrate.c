#include "cli/cli.h"

#include <limits.h>

#include "catalog/migrate.h"

static const char *folder; /* --sql */

static const struct option long_options[] = {{"sql", required_argument, NULL, 's'}, {NULL, 0, NULL, 0}};

static bool option(void *ctx, int key, const char *value)
{
    (void)ctx, (void)key;
    folder = value;
    return *value != '\0';
}

static void show(void *ctx, const char *name)
{
    ++*(unsigned *)ctx;
    printf("applied %s\n", name);
}

static int run(void *ctx, const struct conf *c, int argc, char **argv)
{
    char standard[PATH_MAX];
    struct err e = ERR_INIT;
    unsigned count = 0;

    (void)ctx, (void)argv;
    if (argc)
        return cli_misuse("migrate takes no arguments");
    snprintf(standard, sizeof standard, "%s/sql", cli_share());
    if (migrate_run(c->database, folder ? folder : standard, show, &count, &e))
        return cli_fail(&e);
    printf("%s\n", count ? "the schema is up to date" : "the schema was up to date");
    return CLI_OK;
}

const struct cli_command cmd_migrate = {
    .name = "migrate", .arguments = "", .summary = "makes or renews the schema of the database",
    .options = "  --sql DIR      folder of the migrations (default: the installed ones)\n",
    .long_options = long_options, .short_options = "", .option = option, .run = run,
};
