#include "cli/cli.h"

#include "base/deflate.h"

static void show(void *ctx, const char *key, const char *value, const char *help)
{
    (void)ctx;
    printf("# %s\n%s = %s\n", help, key, value);
}

static int run(void *ctx, const struct conf *c, int argc, char **argv)
{
    (void)ctx, (void)argv;
    if (argc)
        return cli_misuse("settings takes no arguments");
    conf_each(c, show, NULL);
    printf("# the compressor that is built in, with what it makes on this processor: %s\n"
           "# sizes of the catalogue that it gave bear the name %s\n",
           deflate_description(), deflate_identity());
    return CLI_OK;
}

const struct cli_command cmd_settings = {
    .name = "settings", .arguments = "", .summary = "shows the settings as they are in effect", .options = "",
    .short_options = "", .run = run,
};
