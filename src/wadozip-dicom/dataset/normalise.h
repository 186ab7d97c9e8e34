/* SPDX-License-Identifier: MIT */
/* Changes to a data set when it is written again, except to its pixel data. */
#ifndef WADOZIP_DICOM_DATASET_NORMALISE_H
#define WADOZIP_DICOM_DATASET_NORMALISE_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

/*
 * Remove group lengths, which would be wrong, and remains of group 0002 after a
 * broken header. Change values that are too long for their VR's length field to
 * UN (PS3.5 6.2.2 Note), and pad values of odd length with a zero byte (PS3.5
 * 7.1.1). At every depth, except top-level pixel data. Throws Refusal.
 */
void normalise_data_set(DcmDataset &d);

/* Remove the tables of frame offsets: the frames are new. */
void normalise_offsets(DcmDataset &d);

/*
 * Record that pixel data has lost information, if this conversion or an earlier
 * one was lossy (PS3.3 C.7.6.1.1.5). `ratio` is that of this conversion.
 */
void normalise_lossy(DcmDataset &d, const std::string &from, const std::string &to, double ratio);

/* Change Image Type's first value to DERIVED (PS3.3 C.7.6.1.1.2). */
void normalise_derived(DcmDataset &d);

/* Return a valid UID. Throws Refusal if there is none. */
std::string normalise_uid(DcmDataset &d, const DcmTagKey &tag);

#endif
