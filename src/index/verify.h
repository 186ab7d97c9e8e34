/* SPDX-License-Identifier: MIT */
/*
 * Read files again and compare size, time, CRC-32 and UIDs with the catalogue,
 * in the order of their paths, in parallel with wadozip-dicom; then find files
 * that are not in the catalogue. Writes nothing.
 */
#ifndef WADOZIP_INDEX_VERIFY_H
#define WADOZIP_INDEX_VERIFY_H

#include <signal.h>

#include "base/conf.h"
#include "catalog/file_list.h"
#include "index/root_path.h"
#include "index/verify_result.h"

/*
 * The position of a run: every file up to this one, in the order of paths, has
 * been reported. All zero at the start.
 */
struct verify_position {
    char root[CONF_ROOT_NAME_MAX + 1], path[PATH_MAX];
    bool read; /* all files of the catalogue are done; the search for new files remains */
};

struct verify_watch {
    /* Called for a file that is not good, with its name and a printable
     * reason, in the order of paths. */
    void (*found)(void *ctx, enum verify_result f, const char *label, const char *reason);
    void (*progress)(void *ctx); /* called often */
    void (*reached)(void *ctx);  /* called often, when counts and position are consistent */
    void *ctx;
};

struct verify_setup {
    const struct conf *conf;
    struct file_list *file_list;
    struct verify_counts *counts;
    unsigned jobs; /* helper processes; 0: use the setting */
    uint64_t rate; /* bytes read per second, on average; 0: no limit */
    const volatile sig_atomic_t *stop; /* not zero: end soon */
    struct verify_watch watch;
};

struct verify;

/* Copies the setup; what it points to must outlive verify_close(). */
int verify_open(const struct verify_setup *s, struct verify **out, struct err *e) MUST_CHECK;
void verify_close(struct verify *v); /* null is allowed */

/*
 * Continue from *at with everything at a path, or, if `place` is null, with the
 * instances of a study, and advance *at. If *stop ends it, returns 0, with *at
 * and the counts at the last reported file. Fails with ERR_NOT_FOUND if the
 * catalogue has nothing of the study, or of a path that does not exist.
 */
int verify_run(struct verify *v, const struct root_path *place, const char *study, struct verify_position *at,
               struct err *e) MUST_CHECK;

#endif
