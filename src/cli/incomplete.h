/* SPDX-License-Identifier: MIT */
/* Naming the studies of which files are not sent. */
#ifndef WADOZIP_CLI_INCOMPLETE_H
#define WADOZIP_CLI_INCOMPLETE_H

#include <stdio.h>

#include "catalog/writer.h"

/*
 * Print a line for each study of which files were refused or are in conflict, with `lead` before it: at most `most`, then
 * how many there are besides.
 */
int incomplete_show(struct writer *w, FILE *to, const char *lead, uint64_t most, struct err *e) MUST_CHECK;

#endif
