/* SPDX-License-Identifier: MIT */
/* Files of pictures for screens. */
#ifndef WADOZIP_DICOM_PIXEL_PICTURE_H
#define WADOZIP_DICOM_PIXEL_PICTURE_H

#include "wadozip-dicom/pixel/image.h"

/* A PNG file of 8 bit grey (one sample) or RGB (three). Throws Refusal. */
Bytes picture_png(const Image &image, const Bytes &pixels);

#endif
