/* SPDX-License-Identifier: MIT */
/* The folder for temporary files (setting spool). By default each account has
 * one of its own below /var/tmp, so another account cannot own the files that
 * the service opens by name there. It is made when it is first used, and again
 * if it was removed. */
#ifndef WADOZIP_BASE_SPOOL_H
#define WADOZIP_BASE_SPOOL_H

#include <limits.h>

#include "base/err.h"

#define SPOOL_AUTO "auto" /* the setting's default: /var/tmp/wadozip-UID */

/* Write the folder's path for a value of the setting. */
void spool_path(const char *setting, char path[PATH_MAX]);

/* Open the folder. Returns a descriptor that the caller closes, or -1:
 * ERR_CONFIG if the default one belongs to another account, is a link, or
 * others may write to it; ERR_SYSTEM if it cannot be opened. A folder that was
 * set is taken as it is. */
int spool_open(const char *setting, struct err *e) MUST_CHECK;

/* Create an unlinked file in the folder. Returns its descriptor, or -1 as
 * spool_open(). */
int spool_unlinked_file(const char *setting, struct err *e) MUST_CHECK;

/* Open a file of this account in the folder by name, created if missing.
 * Returns its descriptor, or -1: also ERR_CONFIG if it is a link, has several
 * names, or belongs or is open to another account. */
int spool_named_file(const char *setting, const char *name, struct err *e) MUST_CHECK;

#endif
