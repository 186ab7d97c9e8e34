/* SPDX-License-Identifier: MIT */
/* ExplicitVrWriter of VR UN that the dictionary knows (PS3.5 6.2.2). */
#ifndef WADOZIP_DICOM_DATASET_UNKNOWN_H
#define WADOZIP_DICOM_DATASET_UNKNOWN_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcitem.h"

/*
 * Give elements of VR UN and defined length the VR of the dictionary, at every depth, if their value can be read as
 * one. All others keep VR UN and their bytes. DCMTK does the same while it reads, but refuses the whole file if one
 * value is not what the dictionary says: this is for a data set that was read with that switched off.
 */
void unknown_resolve(DcmItem &data_set);

#endif
