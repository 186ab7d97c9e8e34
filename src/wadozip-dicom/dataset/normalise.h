/* SPDX-License-Identifier: MIT */
/* What must change in a data set when it is written anew, besides its pixel data. */
#ifndef WADOZIP_DICOM_DATASET_NORMALISE_H
#define WADOZIP_DICOM_DATASET_NORMALISE_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

/*
 * Remove group lengths, which would be wrong, and what a broken header left of group 0002; turn values that are too
 * long for the length field of their VR into UN (PS3.5 6.2.2 Note) and pad those of odd length with a zero byte (PS3.5
 * 7.1.1), on all levels, but for top-level pixel data. Throws Refusal.
 */
void normalise_data_set(DcmDataset &d);

/* Removes the tables that say where compressed frames lie: there are new frames. */
void normalise_offsets(DcmDataset &d);

/*
 * Says that pixel data has lost information, where this conversion or an earlier one made it so (PS3.3 C.7.6.1.1.5).
 * `ratio` is that of this conversion.
 */
void normalise_lossy(DcmDataset &d, const std::string &from, const std::string &to, double ratio);

/* A legal UID; throws Refusal when there is none. */
std::string normalise_uid(DcmDataset &d, const DcmTagKey &tag);

#endif
