/* SPDX-License-Identifier: MIT */
/* List studies of which files are not sent. */
#ifndef WADOZIP_CLI_INCOMPLETE_H
#define WADOZIP_CLI_INCOMPLETE_H

#include <stdio.h>

#include "catalog/writer.h"

/*
 * Print a line for each study with refused or conflicting files, after `lead`:
 * at most `most`, then the number of others.
 */
int incomplete_show(struct writer *w, FILE *to, const char *lead, uint64_t most,
                    struct err *e) MUST_CHECK;

#endif
