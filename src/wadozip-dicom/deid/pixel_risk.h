/* SPDX-License-Identifier: MIT */
/* Pixel data that may show names. */
#ifndef WADOZIP_DICOM_DEID_PIXEL_RISK_H
#define WADOZIP_DICOM_DEID_PIXEL_RISK_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

/*
 * Return why the pixels may show names, or null. The header decides: Burned In
 * Annotation (0028,0301), else the class, as most images do not have it.
 */
const char *pixel_risk(DcmDataset &d);

#endif
