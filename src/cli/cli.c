/* SPDX-License-Identifier: MIT */
#include "cli/cli.h"

#include <errno.h>
#include <unistd.h>

#include "base/log.h"
#include "base/option.h"
#include "conf/settings.h"
#include "dicom/uid.h"
#include "store/write_guard.h"

#define KEY_CONFIG 1000
#define OPTIONS_MAX 16

volatile sig_atomic_t cli_stopped;

const struct cli_command *const cli_commands[] = {
    &cmd_migrate, &cmd_index,    &cmd_verify, &cmd_zip,    &cmd_search, &cmd_collection,
    &cmd_forget,  &cmd_grant,    &cmd_revoke, &cmd_grants, &cmd_link,   &cmd_audit,
    &cmd_deid,    &cmd_settings, &cmd_doctor, NULL,
};

static void cli_stop(int signal)
{
    cli_stopped = signal;
}

void cli_catch_signals(void)
{
    /* a second signal ends the process at once */
    const struct sigaction action = {.sa_handler = cli_stop, .sa_flags = (int)SA_RESETHAND};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

int cli_fail(const struct err *e)
{
    fprintf(stderr, "wadozip: %s\n", e->text);
    return CLI_FAILED;
}

int cli_misuse(const char *text)
{
    fprintf(stderr, "wadozip: %s (wadozip --help shows the usage)\n", text);
    return CLI_FAILED;
}

static int show_usage(void)
{
    printf("usage: wadozip [--config FILE] COMMAND ...\n\n");
    for (size_t i = 0; cli_commands[i]; i++)
        printf("  %-9s %s\n", cli_commands[i]->name, cli_commands[i]->summary);
    printf("\n  --config FILE  settings (default: $WADOZIP_CONFIG, else " CONF_DEFAULT_FILE
           " if it exists)\n"
           "  --version      version\n  --help         this text; after a COMMAND: about it\n");
    return CLI_OK;
}

static int show_command(const struct cli_command *c)
{
    printf(
        "usage: wadozip %s [OPTIONS]%s%s\n\n%s\n\n%s  --config FILE  settings\n  --help         this text\n",
        c->name, *c->arguments ? " " : "", c->arguments, c->summary, c->options);
    return CLI_OK;
}

static const struct cli_command *cli_find(const char *name)
{
    for (size_t i = 0; cli_commands[i]; i++)
        if (strcmp(cli_commands[i]->name, name) == 0)
            return cli_commands[i];
    return NULL;
}

static int cli_run(const struct cli_command *c, const char *config, int argc, char **argv)
{
    struct err e = ERR_INIT;
    struct conf conf;
    int rc;

    /* doctor reports all problems, including these */
    if (settings_load(config, &conf, &e) ||
        (c != &cmd_doctor && write_guard_check_all(&conf, &e))) {
        rc = cli_fail(&e);
    } else {
        log_open("wadozip", conf.log_level);
        log_set_format(conf.log_format);
        uid_allow_lenient(conf.lenient_uids != 0);
        rc = c->run(c->ctx, &conf, argc, argv);
    }
    settings_release(&conf);
    if (fflush(stdout) && rc != CLI_FAILED) {
        fprintf(stderr, "wadozip: cannot write to standard output: %s\n", strerror(errno));
        rc = CLI_FAILED;
    }
    return rc;
}

static int run_command(const struct cli_command *c, const char *config, int argc, char **argv)
{
    struct option options[OPTIONS_MAX + 3] = {{"config", required_argument, NULL, KEY_CONFIG},
                                              {"help", no_argument, NULL, 'h'}};
    char text[192], letters[32], wrong[128];
    int key;

    snprintf(letters, sizeof letters, ":%s", c->short_options);
    for (size_t i = 0; i < OPTIONS_MAX && c->long_options && c->long_options[i].name; i++)
        options[i + 2] = c->long_options[i];
    optind = 0;
    opterr = 0;
    while ((key = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        if (key == 'h')
            return show_command(c);
        if (key == KEY_CONFIG) {
            config = optarg;
        } else if (key == '?' || key == ':') {
            option_describe(key, argv, wrong, sizeof wrong);
            snprintf(text, sizeof text, "%s: %s", c->name, wrong);
            return cli_misuse(text);
        } else if (!c->option(c->ctx, key, optarg)) {
            snprintf(text, sizeof text, "%s: an option does not take \"%.60s\"", c->name, optarg);
            return cli_misuse(text);
        }
    }
    return cli_run(c, config, argc - optind, argv + optind);
}

int cli_main(int argc, char **argv)
{
    static const struct option options[] = {{"config", required_argument, NULL, KEY_CONFIG},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    const char *config = getenv("WADOZIP_CONFIG");
    const struct cli_command *c;
    char text[128];
    int key;

    opterr = 0;
    while ((key = getopt_long(argc, argv, "+:hV", options, NULL)) != -1) {
        if (key == 'h')
            return show_usage();
        if (key == 'V')
            return printf("wadozip %s\n", WADOZIP_VERSION) > 0 ? CLI_OK : CLI_FAILED;
        if (key != KEY_CONFIG) {
            option_describe(key, argv, text, sizeof text);
            return cli_misuse(text);
        }
        config = optarg;
    }
    if (optind == argc)
        return cli_misuse("a command is missing");
    c = cli_find(argv[optind]);
    if (!c) {
        snprintf(text, sizeof text, "unknown command \"%.60s\"", argv[optind]);
        return cli_misuse(text);
    }
    return run_command(c, config && *config ? config : NULL, argc - optind, argv + optind);
}
