/* Folders that are written to lie outside all roots: nothing is ever written beneath one. */
#ifndef WADOZIP_STORE_OUTSIDE_H
#define WADOZIP_STORE_OUTSIDE_H

#include "base/conf.h"

/*
 * Whether the folder at `path`, which `setting` names and which need not be there yet, may be written to. ERR_CONFIG for a
 * path that is not absolute, or that is a root or lies beneath one, wherever links lead to. ERR_SYSTEM where the folder that it
 * lies in is not there.
 */
int outside_check(const struct conf *c, const char *setting, const char *path, struct err *e) MUST_CHECK;

/* The same for the folders of all settings. What is not there is no mistake: whoever needs it tells. */
int outside_check_all(const struct conf *c, struct err *e) MUST_CHECK;

#endif
