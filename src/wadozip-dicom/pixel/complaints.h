/* SPDX-License-Identifier: MIT */
/*
 * Messages that DCMTK's JPEG codecs log while they return success: warnings are
 * the only sign of invented samples.
 */
#ifndef WADOZIP_DICOM_PIXEL_COMPLAINTS_H
#define WADOZIP_DICOM_PIXEL_COMPLAINTS_H

#include <string>

/* Start recording. Call once, after load_prepare() has switched the log off. */
void complaints_prepare();

/* Forget recorded messages. */
void complaints_clear();

/* Return the first warning or error since complaints_clear(); "" if there was
 * none. */
const std::string &complaints_first();

#endif
