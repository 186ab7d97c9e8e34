/* SPDX-License-Identifier: MIT */
/* Recognise compressed pixel data by its own bytes. */
#ifndef WADOZIP_DICOM_PIXEL_CODESTREAM_H
#define WADOZIP_DICOM_PIXEL_CODESTREAM_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcitem.h"

#include <string>

#include "wadozip-dicom/pixel/image.h"

/* Bytes of the first fragment that are enough to recognise it. */
#define CODESTREAM_HEAD_MAX ((size_t)1 << 20)

/*
 * Return the transfer syntax that a frame beginning with these bytes must have,
 * or "" unless that is certain and this program can decode it. `item` holds the
 * attributes of the image; RLE, which has no signature, is compared with them.
 */
std::string codestream_syntax(DcmItem &item, const Bytes &head);

#endif
