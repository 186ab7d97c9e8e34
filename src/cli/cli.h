/* SPDX-License-Identifier: MIT */
/* Shared by the subcommands of `wadozip`. */
#ifndef WADOZIP_CLI_CLI_H
#define WADOZIP_CLI_CLI_H

#include <getopt.h>
#include <signal.h>

#include "conf/conf.h"

/* Exit statuses. Scripts depend on them. */
enum cli_exit {
    CLI_OK = 0,
    CLI_INCOMPLETE = 1, /* some files were refused or are damaged */
    CLI_FAILED = 2,
    CLI_INTERRUPTED = 130
};

struct cli_command {
    const char *name;
    const char *arguments;  /* as shown in the usage */
    const char *summary;    /* one line */
    const char *options;    /* lines of help about the options, or "" */
    /* ends with a zero row; cli_main() adds --config and --help */
    const struct option *long_options;
    const char *short_options;
    bool (*option)(void *ctx, int key, const char *value); /* returns false for an invalid value */
    /* argv: arguments after the options */
    int (*run)(void *ctx, const struct conf *c, int argc, char **argv);
    void *ctx;
};

/* All subcommands; ends with a null pointer. */
extern const struct cli_command *const cli_commands[];

/* Not zero after INT or TERM, once cli_catch_signals() was called. */
extern volatile sig_atomic_t cli_stopped;
void cli_catch_signals(void);

/* Run the program: `wadozip [--config FILE] COMMAND ...`. */
int cli_main(int argc, char **argv);

/* Print "wadozip: TEXT" on standard error. Returns CLI_FAILED. */
int cli_fail(const struct err *e);

/* Report wrong usage and point to the help. Returns CLI_FAILED. */
int cli_misuse(const char *text);

extern const struct cli_command cmd_migrate, cmd_index, cmd_verify, cmd_forget, cmd_zip, cmd_search,
    cmd_collection, cmd_settings, cmd_doctor;
extern const struct cli_command cmd_grant, cmd_revoke, cmd_grants, cmd_link, cmd_audit, cmd_deid;

#endif
