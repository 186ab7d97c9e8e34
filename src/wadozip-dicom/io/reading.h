/* SPDX-License-Identifier: MIT */
/*
 * Read a file with DCMTK, and again with other settings if it is damaged but
 * its content is certain.
 */
#ifndef WADOZIP_DICOM_IO_READING_H
#define WADOZIP_DICOM_IO_READING_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcfilefo.h"

#include <memory>
#include <string>

#include "wadozip-dicom/io/source.h"

struct Reading {
    std::unique_ptr<DcmFileFormat> file; /* never null */
    OFCondition status;
    bool mended; /* the file's own bytes are not what other readers expect */
};

/*
 * Read structure and short values; long values stay in the file. Besides files
 * that DCMTK reads at once, these are read:
 *
 * - a wrong File Meta Information Group Length (PS3.10 7.1): group 0002 ends at
 *   the first element of another group;
 * - bytes after the last element that cannot be an element: zeros, or fewer
 *   than a header has after the pixel data;
 * - sequences and items of undefined length without delimiters at the end of
 *   the file, if no value is cut off;
 * - elements of VR UN that are not what the dictionary says (unknown.h).
 *
 * Two attempts at least are needed then. A data set whose status is bad must not be used.
 */
Reading reading_of(Source &source);

#endif
