/* SPDX-License-Identifier: MIT */
/* VRs that Implicit VR leaves open (PS3.5 A.1): one rule for everything that is
 * written here. */
#ifndef WADOZIP_DICOM_DATASET_AMBIGUOUS_H
#define WADOZIP_DICOM_DATASET_AMBIGUOUS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcitem.h"

/*
 * Change "US or SS" elements to SS if Pixel Representation of the enclosing
 * data set or item is 1, at every depth. An item without the attribute inherits
 * it (PS3.3 C.7.6.3.1.5, C.11.1.1, C.7.6.16.2.11). Others stay US. Elements
 * with an explicit VR are not changed.
 */
void ambiguous_settle(DcmItem &data_set);

/* Return the VR of an element after ambiguous_settle() if it had no explicit
 * one, else its own. */
DcmEVR ambiguous_vr(DcmElement &e);

#endif
