/* SPDX-License-Identifier: MIT */
/* De-identify a data set: the Basic Application Level Confidentiality Profile
 * of PS3.15 E.2 with options of E.3. */
#ifndef WADOZIP_DICOM_DEID_DEIDENTIFY_H
#define WADOZIP_DICOM_DEID_DEIDENTIFY_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include "wadozip-dicom/deid/profile.h"

/*
 * Replace or remove everything that the profile demands, at every depth, and
 * record that in the data set (PS3.15 E.1.1). Pixel data stays. Throws Refusal.
 */
void deidentify(DcmDataset &d, const DeidProfile &p);

/* Blank text within compressed pixel data. Samples stay. Returns true if bytes
 * were changed: then the file's own bytes must not be sent. Throws Refusal. */
[[nodiscard]] bool deidentify_codestreams(DcmDataset &d);

#endif
