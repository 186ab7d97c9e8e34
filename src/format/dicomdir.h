/* SPDX-License-Identifier: MIT */
/*
 * The DICOMDIR of an archive in the layout of PS3.12 Annex V: its first member,
 * a directory of all others (PS3.10 8, PS3.3 F). wadozip-dicom makes it from
 * rows of the catalogue before any member is read. It is kept as a sealed
 * memory file of about 700 bytes per instance, so its size and CRC-32 are known
 * like those of a file.
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
    /* of the Patient ID, on which pseudonyms depend; unused without a
     * profile */
    char issuer[HELPER_TEXT_MAX + 1];
    /* memory file with the input of wadozip-dicom (helper/dicomdir_input.h) */
    int list_fd;
    struct buf ahead;  /* not written to it yet */
    struct sha256 digest; /* of the input and the members' content */
    size_t series;     /* series of the plan that were added */
    char uid[UID_MAX + 1]; /* File-set UID */
    int fd;            /* the DICOMDIR, once made */
};

/*
 * Make the DICOMDIR the first member of an empty plan with PLAN_NAMES_MEDIA,
 * which must outlive it. Always call dicomdir_release().
 */
int dicomdir_init(struct dicomdir *d, struct plan *p, const struct dicomdir_study *study,
                  struct err *e) MUST_CHECK;
void dicomdir_release(struct dicomdir *d);

/*
 * Add the instance that was added to the plan last. If the plan has a profile,
 * wadozip-dicom de-identifies its UIDs and keys: they are the original ones;
 * but i->acquired is not. Fails with ERR_DATA if the
 * catalogue lacks values for its directory record, because an earlier version
 * indexed it.
 */
int dicomdir_add(struct dicomdir *d, const struct instance *i, struct err *e) MUST_CHECK;

/*
 * Make the DICOMDIR, before the plan is laid out. The same instances with the
 * same content and transfer syntaxes give the same bytes. Fails with ERR_HELPER
 * if it cannot be made.
 */
int dicomdir_make(struct dicomdir *d, struct helper_pool *pool, struct err *e) MUST_CHECK;

#endif
