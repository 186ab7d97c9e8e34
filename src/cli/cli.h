/* SPDX-License-Identifier: MIT */
/* What the subcommands of `wadozip` share. */
#ifndef WADOZIP_CLI_CLI_H
#define WADOZIP_CLI_CLI_H

#include <getopt.h>
#include <signal.h>

#include "base/conf.h"

/* Exit codes; scripts depend on them. */
enum cli_exit {
    CLI_OK = 0,
    CLI_INCOMPLETE = 1, /* something was refused, or is not well */
    CLI_FAILED = 2,
    CLI_INTERRUPTED = 130
};

struct cli_command {
    const char *name;
    const char *arguments;  /* as the usage shows them */
    const char *summary;    /* one line */
    const char *options;    /* lines of help about the options, or "" */
    const struct option *long_options; /* ended by a zero row; --config and --help are added by cli_main */
    const char *short_options;
    bool (*option)(void *ctx, int key, const char *value); /* false: not a value that it takes */
    int (*run)(void *ctx, const struct conf *c, int argc, char **argv); /* argv: what is no option */
    void *ctx;
};

/* All of them, ended by a null pointer. */
extern const struct cli_command *const cli_commands[];

/* Not zero after INT or TERM, once cli_catch_signals has been called. */
extern volatile sig_atomic_t cli_stopped;
void cli_catch_signals(void);

/* Runs the program: `wadozip [--config FILE] COMMAND ...`. */
int cli_main(int argc, char **argv);

/* "wadozip: TEXT" on standard error; returns CLI_FAILED. */
int cli_fail(const struct err *e);

/* Wrong usage: says `text` and where help is. Returns CLI_FAILED. */
int cli_misuse(const char *text);

extern const struct cli_command cmd_migrate, cmd_index, cmd_verify, cmd_forget, cmd_zip, cmd_search, cmd_settings, cmd_doctor;

#endif
