/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include "base/deflate.h"
#include "conf/settings.h"
#include "db/db_conninfo.h"

#define CONNINFO_MAX ((size_t)64 << 10)

/* Mask passwords, because the output is often pasted elsewhere. */
static void cmd_settings_show(void *ctx, const char *key, const char *value, const char *help)
{
    struct err e = ERR_INIT;
    struct buf shown;

    (void)ctx;
    buf_init(&shown, CONNINFO_MAX);
    if (strcmp(key, "database") == 0 ||
        (strcmp(key, "database_learn") == 0 && strcmp(value, "none") != 0))
        value = db_conninfo_show(value, &shown, &e) ? e.text : shown.data;
    printf("# %s\n%s = %s\n", help, key, value);
    buf_release(&shown);
}

static int cmd_settings_run(void *ctx, const struct conf *c, int argc, char **argv)
{
    (void)ctx, (void)argv;
    if (argc)
        return cli_misuse("settings takes no arguments");
    settings_each(c, cmd_settings_show, NULL);
    printf("# the compressor that is built in, with what it makes on this processor: %s\n"
           "# sizes of the catalogue that it gave bear the name %s\n",
           deflate_description(), deflate_identity());
    return CLI_OK;
}

const struct cli_command cmd_settings = {
    .name = "settings",
    .arguments = "",
    .summary = "shows the settings as they are in effect",
    .options = "",
    .short_options = "",
    .run = cmd_settings_run,
};
