/* SPDX-License-Identifier: MIT */
/* Images within sequences: icons, thumbnails of vendors. The instance's own image never depends on them. */
#ifndef WADOZIP_DICOM_PIXEL_NESTED_H
#define WADOZIP_DICOM_PIXEL_NESTED_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

enum class Nested {
    DECOMPRESS, /* make those that are compressed native */
    CHECK       /* leave those that can be decompressed as they are */
};

/*
 * Treat every image within a sequence that is compressed in transfer syntax `syntax`. One that cannot be decompressed is
 * removed: together with its Icon Image Sequence, of any other sequence only its Pixel Data. Native pixel data is not
 * looked at, so it need not fit its attributes.
 */
void nested_treat(DcmDataset &d, const std::string &syntax, Nested how);

#endif
