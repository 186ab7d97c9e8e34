/* SPDX-License-Identifier: MIT */
/*
 * Read files again and compare size, time, CRC-32 and UIDs with the catalogue,
 * in the order of their paths, in parallel with wadozip-dicom; then find files
 * that are not in the catalogue. Writes nothing.
 */
#ifndef WADOZIP_INDEX_VERIFY_H
#define WADOZIP_INDEX_VERIFY_H

#include "index/root_path.h"
#include "index/verify_setup.h"

/*
 * The position of a run: every file up to this one, in the order of paths, has
 * been reported. All zero at the start.
 */
struct verify_position {
    char root[CONF_ROOT_NAME_MAX + 1], path[PATH_MAX];
    bool read; /* all files of the catalogue are done; the search for new files remains */
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
int verify_run(struct verify *v, const struct root_path *place, const char *study,
               struct verify_position *at, struct err *e) MUST_CHECK;

#endif
