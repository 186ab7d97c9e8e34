/* SPDX-License-Identifier: MIT */
/* The version number of converted bytes, which also depend on the libraries. */
#ifndef WADOZIP_DICOM_PIXEL_CODEC_VERSION_H
#define WADOZIP_DICOM_PIXEL_CODEC_VERSION_H

#include <cstdint>
#include <string>

/* Return name and version of each library that affects converted bytes, one per
 * line. */
std::string codec_version_libraries();

/*
 * Return a checksum over CONVERSION_VERSION, codec_version_libraries(), DCMTK's
 * data dictionary and a fixed image encoded by each codec: 1 to INT32_MAX. It
 * differs between releases of Debian, so that their cached conversions and
 * entity tags are never confused. Takes some milliseconds.
 */
uint32_t codec_version_number();

#endif
