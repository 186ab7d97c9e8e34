/* SPDX-License-Identifier: MIT */
/* Check that this process can serve images from a root, by opening one. */
#ifndef WADOZIP_STORE_PROBE_H
#define WADOZIP_STORE_PROBE_H

#include "conf/conf.h"
#include "base/err.h"

/*
 * Try openat2(), without which no file is opened. Fails with ERR_SYSTEM if the
 * kernel or a filter on this process does not offer it.
 */
int probe_system(struct err *e) MUST_CHECK;

/*
 * Open a file beneath the root as a download would. Reads folders in the order
 * of the file system until one file has been opened, at most PROBE_ENTRIES
 * entries. Fails with ERR_AWAY if the root cannot be read or is empty, with
 * ERR_DATA if it contains files and none of those seen can be opened; the text
 * names the setting and the next step. If the first PROBE_ENTRIES entries are
 * folders, the root is accepted.
 */
#define PROBE_ENTRIES 10000
int probe_root(const struct conf *c, const struct conf_root *r, struct err *e) MUST_CHECK;

#endif
