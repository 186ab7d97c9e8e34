/* SPDX-License-Identifier: MIT */
/* From de-identified UIDs, as answers have them, back to those of the catalogue. */
#ifndef WADOZIP_RETRIEVE_DEID_ORIGINAL_H
#define WADOZIP_RETRIEVE_DEID_ORIGINAL_H

#include "catalog/catalog.h"
#include "dicom/deid_key.h"
#include "retrieve/deid_memory.h"

/* UIDs of a resource, "" below its level; each has room for UID_MAX + 1 bytes. */
struct deid_original {
    char *study, *series, *instance;
};

struct deid_finder {
    struct catalog *catalog; /* restricted to what the session sees */
    const struct deid_profile *profile;
    struct deid_memory *memory;
};

/*
 * Replace UIDs that stand for ones of the catalogue by these. There is no way
 * back from a new UID, so the UIDs of all series of the study, and of all
 * instances of the series, are tried, unless an earlier request has. With
 * `studies` also those of all studies that the session sees, which are few if a
 * link limits it. Others stay as they are. Fails as level_uids(), and with
 * ERR_SYSTEM.
 */
int deid_original_find(const struct deid_finder *f, bool studies, const struct deid_original *uids,
                       struct err *e) MUST_CHECK;

#endif
