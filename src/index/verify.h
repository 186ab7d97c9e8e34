/* SPDX-License-Identifier: MIT */
/*
 * Re-reads files against the catalogue: size, time, CRC-32 and UIDs, in the order of their paths, by wadozip-dicom
 * children side by side; and looks for files that the catalogue does not know. Nothing is written anywhere.
 */
#ifndef WADOZIP_INDEX_VERIFY_H
#define WADOZIP_INDEX_VERIFY_H

#include <signal.h>

#include "base/conf.h"
#include "catalog/file_list.h"
#include "index/root_path.h"
#include "index/verify_result.h"

/* Where a run stands: every file up to this one, in the order of paths, has been told. All zero at the beginning. */
struct verify_position {
    char root[CONF_ROOT_NAME_MAX + 1], path[PATH_MAX];
    bool read; /* all that the catalogue knows is done; what is left is to look for new files */
};

struct verify_watch {
    /* A file that is not good: its name and, in printable characters, why. In the order of paths. */
    void (*found)(void *ctx, enum verify_result f, const char *label, const char *reason);
    void (*progress)(void *ctx); /* often */
    void (*reached)(void *ctx);  /* often: tally and position fit together */
    void *ctx;
};

struct verify_setup {
    const struct conf *conf;
    struct file_list *file_list;
    struct verify_counts *counts;
    unsigned jobs; /* children; 0: as the settings say */
    uint64_t rate; /* bytes read a second, on average; 0: no limit */
    const volatile sig_atomic_t *stop; /* not zero: end soon */
    struct verify_watch watch;
};

struct verify;

/* The setup is copied, what it points to is used until verify_close. */
int verify_open(const struct verify_setup *s, struct verify **out, struct err *e) MUST_CHECK;
void verify_close(struct verify *v); /* null is allowed */

/*
 * Goes on from *at with everything at a place, or with the instances of a study when `place` is null, and moves *at.
 * When *stop ends it: 0, with *at and the tally at the last file that was told. ERR_NOT_FOUND for a study, or a
 * place that does not exist, of which the catalogue knows nothing.
 */
int verify_run(struct verify *v, const struct root_path *place, const char *study, struct verify_position *at,
               struct err *e) MUST_CHECK;

#endif
