/* SPDX-License-Identifier: MIT */
/* An instance as a profile shows it: what the plan is made of must not identify
 * anybody. */
#ifndef WADOZIP_RETRIEVE_RETRIEVE_DEID_H
#define WADOZIP_RETRIEVE_RETRIEVE_DEID_H

#include "dicom/deid_key.h"
#include "dicom/instance.h"

/* UIDs of the last instance: those of a study and of a series are mostly the
 * same for the next one. */
struct retrieve_deid {
    char study[2][UID_MAX + 1], series[2][UID_MAX + 1]; /* the original, and what stands for it */
    char sop_uid[UID_MAX + 1];
};

/* Write to *out the instance with new UIDs, and without descriptions, dates and
 * facts about the original's bytes. Its strings live until the next call. Fails
 * with ERR_SYSTEM. */
int retrieve_deid_instance(struct retrieve_deid *d, const struct deid_profile *p,
                           const struct instance *i, struct instance *out,
                           struct err *e) MUST_CHECK;

#endif
