/* SPDX-License-Identifier: MIT */
/* Text and pictures within JPEG, JPEG-LS and JPEG 2000 codestreams: comments,
 * Exif, thumbnails. */
#ifndef WADOZIP_DICOM_DEID_CODESTREAM_TEXT_H
#define WADOZIP_DICOM_DEID_CODESTREAM_TEXT_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcpixel.h"

/*
 * Blank comments, application segments and bytes after the end of each
 * codestream, in place: lengths, offsets and samples stay. Segments from which
 * decoders know the colours, and names of known encoders, stay as well. Returns
 * whether anything was changed; false for native and other pixel data. Throws
 * Refusal if the codestream is within a file format with boxes (JP2, JPEG XL).
 */
bool codestream_text_blank(DcmPixelData &pixels);

#endif
