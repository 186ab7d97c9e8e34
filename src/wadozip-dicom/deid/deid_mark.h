/* SPDX-License-Identifier: MIT */
/* The record of a de-identification within the data set (PS3.15 E.1.1, PS3.3
 * C.7.1.1 and C.12.1). */
#ifndef WADOZIP_DICOM_DEID_DEID_MARK_H
#define WADOZIP_DICOM_DEID_DEID_MARK_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include "wadozip-dicom/deid/profile.h"

/*
 * Record the profile in the data set. Records of earlier de-identifications
 * stay, and dates that were removed or moved before are not called original.
 * Throws Refusal.
 */
void deid_mark(DcmDataset &d, const DeidProfile &p);

/* Record that the pixels cannot show names any more (PS3.15 E.3.1). Throws Refusal. */
void deid_mark_clean_pixels(DcmDataset &d);

#endif
