/* SPDX-License-Identifier: MIT */
/* Images within sequences: icons, thumbnails of vendors. The instance's own
 * image never depends on them. */
#ifndef WADOZIP_DICOM_PIXEL_NESTED_H
#define WADOZIP_DICOM_PIXEL_NESTED_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

enum class Nested {
    DECOMPRESS, /* decompress */
    CHECK       /* only check that they can be decompressed */
};

/*
 * Process every image within a sequence that is compressed in transfer syntax
 * `syntax`. If one cannot be decompressed, remove its Icon Image Sequence, or
 * in any other sequence only its Pixel Data. Native pixel data is ignored, so
 * it need not match its attributes.
 */
void nested_treat(DcmDataset &d, const std::string &syntax, Nested how);

#endif
