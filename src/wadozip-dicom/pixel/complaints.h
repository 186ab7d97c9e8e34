/* SPDX-License-Identifier: MIT */
/* What DCMTK's JPEG codecs log while they report success: their warnings are the only sign of samples that were made up. */
#ifndef WADOZIP_DICOM_PIXEL_COMPLAINTS_H
#define WADOZIP_DICOM_PIXEL_COMPLAINTS_H

#include <string>

/* Begin to listen. Call once, after load_prepare() has switched the log off. */
void complaints_prepare();

/* Forget what was heard. */
void complaints_clear();

/* The first warning or error since complaints_clear(); "" if there was none. */
const std::string &complaints_first();

#endif
