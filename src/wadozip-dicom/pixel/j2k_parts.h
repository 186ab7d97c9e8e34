/* SPDX-License-Identifier: MIT */
/* Whether a JPEG 2000 codestream (ISO/IEC 15444-1 A) has all its tile-parts: OpenJPEG leaves what is missing black. */
#ifndef WADOZIP_DICOM_PIXEL_J2K_PARTS_H
#define WADOZIP_DICOM_PIXEL_J2K_PARTS_H

#include "wadozip-dicom/pixel/image.h"

/*
 * Return where the last tile-part ends: there or behind it stands the marker EOC, if there is one. Throws Refusal if a tile
 * has no tile-part, fewer than it says, or one that is longer than the data.
 */
size_t j2k_parts_check(const Bytes &data);

#endif
