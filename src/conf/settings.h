/* SPDX-License-Identifier: MIT */
/* Settings from a file and the environment (wadozip.conf(5)). */
#ifndef WADOZIP_CONF_SETTINGS_H
#define WADOZIP_CONF_SETTINGS_H

#include "conf/conf.h"

/*
 * Load the defaults, then the file, then the environment. If `file` is null,
 * loads the default file if it exists. Fails with ERR_CONFIG, naming file, line
 * and key, for a setting that is unknown, set twice or out of bounds. Always
 * call settings_release(), also after a failure.
 */
int settings_load(const char *file, struct conf *c, struct err *e) MUST_CHECK;
void settings_release(struct conf *c);

/* Call show() for each key in the order of the table, then for each root. */
void settings_each(const struct conf *c,
                   void (*show)(void *ctx, const char *key, const char *value, const char *help),
                   void *ctx);

#endif
