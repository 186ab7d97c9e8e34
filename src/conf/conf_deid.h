/* SPDX-License-Identifier: MIT */
/* Settings of de-identification profiles: deid.NAME.KEY. The profile basic
 * exists without any. */
#ifndef WADOZIP_CONF_CONF_DEID_H
#define WADOZIP_CONF_CONF_DEID_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf_line.h"
#include "base/deid_options.h"

#define CONF_DEID_NAME_MAX 32
#define CONF_DEID_MAX 32
#define CONF_DEID_BASIC "basic"
#define CONF_DEID_BASIC_KEY "/etc/wadozip/deid.key"

/* What becomes of instances whose pixels may show names. */
enum conf_deid_pixels {
    CONF_DEID_REFUSE,   /* the request is refused */
    CONF_DEID_WITHHOLD, /* they are sent with a plain image instead of theirs */
    CONF_DEID_TRUST     /* they are sent */
};

struct conf_deid {
    char name[CONF_DEID_NAME_MAX + 1]; /* a-z 0-9 _ - */
    unsigned options;                  /* enum deid_option */
    char *key;                         /* path of the key file */
    uint64_t days;
    enum conf_deid_pixels pixels;
    unsigned set; /* bits of the keys that a line has set */
};

struct conf_deid_set {
    struct conf_deid of[CONF_DEID_MAX];
    size_t count;
};

/*
 * Apply deid.NAME.KEY. Fails with ERR_CONFIG for an unknown key or a bad value,
 * and, if `once`, for a key that is set twice.
 */
int conf_deid_apply(struct conf_deid_set *c, const struct conf_line *l, struct err *e) MUST_CHECK;

/* Add the profile basic and set defaults. Fails with ERR_CONFIG if another
 * profile has no key. */
int conf_deid_complete(struct conf_deid_set *c, struct err *e) MUST_CHECK;
void conf_deid_release(struct conf_deid_set *c);

/* Call show() for each key of each profile. */
void conf_deid_each(const struct conf_deid_set *c,
                    void (*show)(void *ctx, const char *key, const char *value, const char *help),
                    void *ctx);

/* Return the settings of a profile, or null. */
const struct conf_deid *conf_deid_of(const struct conf_deid_set *c, const char *name);

#endif
