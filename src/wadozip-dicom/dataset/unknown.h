/* SPDX-License-Identifier: MIT */
/* Elements of VR UN that the dictionary knows (PS3.5 6.2.2). */
#ifndef WADOZIP_DICOM_DATASET_UNKNOWN_H
#define WADOZIP_DICOM_DATASET_UNKNOWN_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcitem.h"

/*
 * Give elements of VR UN and defined length the VR of the dictionary, at every
 * depth, if their value can be read as one. Others keep VR UN and their bytes.
 * DCMTK can do this while it reads, but refuses the whole file if one value
 * does not match. Use this for a data set that was read without DCMTK's
 * conversion.
 */
void unknown_resolve(DcmItem &data_set);

#endif
