/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include "db/migrate.h"

static void show_applied(void *ctx, const char *name)
{
    ++*(unsigned *)ctx;
    printf("applied %s\n", name);
}

static void show_no_role(void *ctx, const char *role)
{
    (void)ctx;
    printf(
        "note role %s does not exist, and this account may not create it. The owner of the schema does not need it;"
        " for other accounts have an administrator run CREATE ROLE \"%s\", then run this again\n",
        role, role);
}

static int cmd_migrate_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    unsigned count = 0;
    const struct migrate_report report = {show_applied, show_no_role, &count};
    struct err e = ERR_INIT;

    (void)ctx, (void)argv;
    if (argc)
        return cli_misuse("migrate takes no arguments");
    if (migrate_run(c->database, &report, &e))
        return cli_fail(&e);
    printf("%s\n", count ? "the schema is up to date" : "the schema was up to date");
    return CLI_OK;
}

const struct cli_command cmd_migrate = {
    .name = "migrate", .arguments = "", .summary = "makes or renews the schema of the database",
    .options = "", .short_options = "", .run = cmd_migrate_run,
};
