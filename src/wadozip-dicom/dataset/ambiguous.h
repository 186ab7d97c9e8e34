/* SPDX-License-Identifier: MIT */
/* The value representations that Implicit VR leaves open (PS3.5 A.1): the one rule for everything that is made here. */
#ifndef WADOZIP_DICOM_DATASET_AMBIGUOUS_H
#define WADOZIP_DICOM_DATASET_AMBIGUOUS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcitem.h"

/*
 * Make "US or SS" elements SS where Pixel Representation of the data set or item that encloses them is 1, at every
 * depth: an item without the attribute has that of the item or data set around it (PS3.3 C.7.6.3.1.5, C.11.1.1,
 * C.7.6.16.2.11). All others remain to be US. ExplicitVrWriter whose VR was explicit are not touched.
 */
void ambiguous_settle(DcmItem &data_set);

/* Return the VR that an element without an explicit one has after ambiguous_settle(), else its own. */
DcmEVR ambiguous_vr(DcmElement &e);

#endif
