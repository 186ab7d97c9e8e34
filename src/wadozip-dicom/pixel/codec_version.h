/* SPDX-License-Identifier: MIT */
/* The number that converted bytes depend on besides the file and the target. */
#ifndef WADOZIP_DICOM_PIXEL_CODEC_VERSION_H
#define WADOZIP_DICOM_PIXEL_CODEC_VERSION_H

#include <cstdint>
#include <string>

/* Returns the name and version of each library that converted bytes depend on, one a line. */
std::string codec_version_libraries();

/*
 * Returns a checksum over CONVERSION_VERSION, codec_version_libraries(), DCMTK's data dictionary
 * and a fixed image as each codec makes it: 1 to INT32_MAX. It differs between releases of Debian,
 * so that neither cached conversions nor entity tags of one are taken for those of another. Takes
 * some milliseconds.
 */
uint32_t codec_version_number();

#endif
