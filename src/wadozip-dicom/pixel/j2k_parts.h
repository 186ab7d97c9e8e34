/* SPDX-License-Identifier: MIT */
/*
 * Check that a JPEG 2000 codestream (ISO/IEC 15444-1 A) has all its tile-parts:
 * OpenJPEG leaves missing ones black.
 */
#ifndef WADOZIP_DICOM_PIXEL_J2K_PARTS_H
#define WADOZIP_DICOM_PIXEL_J2K_PARTS_H

#include "wadozip-dicom/pixel/image.h"

/*
 * Return the end of the last tile-part; the EOC marker, if any, is there or
 * later. Throws Refusal if a tile has no tile-part, fewer than it states, or
 * one that is longer than the data.
 */
size_t j2k_parts_check(const Bytes &data);

#endif
