/* SPDX-License-Identifier: MIT */
/* The header of a JPEG codestream (ISO/IEC 10918-1 B.2). */
#ifndef WADOZIP_DICOM_PIXEL_JPEG_HEADER_H
#define WADOZIP_DICOM_PIXEL_JPEG_HEADER_H

#include "wadozip-dicom/pixel/image.h"

enum class JpegColour {
    /* not three components, or unknown: the data set's Photometric
     * Interpretation applies */
    UNKNOWN,
    RGB,
    YCC
};

struct JpegHeader {
    uint32_t rows = 0, columns = 0, components = 0; /* 0 if there is no frame header; rows 0:
                                                     * defined after the scan (DNL) */
    JpegColour colour = JpegColour::UNKNOWN;
    bool temporary = false; /* it has TEM markers before the first scan */
};

/*
 * Read the marker segments up to the first scan. The colour is that of a JFIF
 * marker, of an Adobe marker, of components named R, G, B, or of chrominance
 * with fewer samples, in this order, which is that of libjpeg.
 */
JpegHeader jpeg_header(const Bytes &data);

/*
 * Return the codestream without TEM markers before the first scan, which have
 * no meaning and which DCMTK cannot skip.
 */
Bytes jpeg_without_temporary(const Bytes &data);

#endif
