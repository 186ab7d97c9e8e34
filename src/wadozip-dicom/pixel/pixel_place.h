/* SPDX-License-Identifier: MIT */
/* Where the value of the top-level Pixel Data (7FE0,0010) lies in a file. DCMTK
 * does not report it. */
#ifndef WADOZIP_DICOM_PIXEL_PIXEL_PLACE_H
#define WADOZIP_DICOM_PIXEL_PIXEL_PLACE_H

#include "wadozip-dicom/io/load.h"

#include <vector>

extern "C" {
#include "dicom/frame_table.h"
}

struct PixelPlace {
    uint64_t offset = 0; /* of the value; 0: there is none, or its place is not certain */
    /* of the value; if it is encapsulated, from the first item to the sequence
     * delimiter and with it */
    uint64_t length = 0;
    /* encapsulated: values of all items, the table of offsets first */
    std::vector<struct frame_extent> items;
};

/* Find it in a file that was loaded well. Goes through the headers of elements,
 * and compares what it finds with what DCMTK read: if they differ (a damaged
 * file that was read all the same, a deflated one) the place is not certain. */
PixelPlace pixel_place_find(Source &source, Loaded &file);

/* Frames as dicom/frame_table.h has them; a table of FRAME_TABLE_NONE if they
 * cannot be read out of the file. */
std::string pixel_place_table(Loaded &file, const PixelPlace &place);

#endif
