/* SPDX-License-Identifier: MIT */
/*
 * The DICOMDIR of an archive in the layout of PS3.12 Annex V: its first member, a directory of all others (PS3.10 8, PS3.3
 * F). Made by wadozip-dicom out of catalogue rows, before any member is read, and kept as a sealed memory file: about
 * 700 bytes an instance, so that its size and CRC-32 are known like those of a file.
 */
#ifndef WADOZIP_FORMAT_DICOMDIR_H
#define WADOZIP_FORMAT_DICOMDIR_H

#include "base/buf.h"
#include "base/sha256.h"
#include "helper/dicomdir_input.h"
#include "helper/helper_pool.h"
#include "plan/plan.h"

#define DICOMDIR_SOP_CLASS "1.2.840.10008.1.3.10" /* Media Storage Directory Storage */

struct dicomdir {
    struct plan *plan; /* null: there is no DICOMDIR */
    struct dicomdir_study study;
    int told;          /* memory file of what wadozip-dicom is told (dicom/dicomdir_writer.h) */
    struct buf ahead;  /* not yet written to it */
    struct sha256 digest; /* of it and of what members hold */
    size_t series;     /* of the plan, that have been told */
    char uid[UID_MAX + 1]; /* File-set UID */
    int fd;            /* the DICOMDIR, once made */
};

/*
 * Makes the DICOMDIR the first member of a plan to which nothing was added yet and which has PLAN_NAMES_MEDIA; the plan
 * must live as long as this. dicomdir_release in any case.
 */
int dicomdir_init(struct dicomdir *d, struct plan *p, const struct dicomdir_study *study, struct err *e) MUST_CHECK;
void dicomdir_release(struct dicomdir *d);

/*
 * Tells of the instance that was added to the plan last. ERR_DATA where the catalogue does not know what its directory
 * record needs: it was indexed by an earlier version.
 */
int dicomdir_add(struct dicomdir *d, const struct instance *i, struct err *e) MUST_CHECK;

/*
 * Has the DICOMDIR made, before the plan is laid out. Of the same instances with the same content, sent in the same
 * transfer syntaxes, it is the same. ERR_HELPER when it cannot be made.
 */
int dicomdir_make(struct dicomdir *d, struct helper_pool *pool, struct err *e) MUST_CHECK;

#endif
