/* SPDX-License-Identifier: MIT */
/* Write the elements of a data set in Explicit VR Little Endian, in which every
 * target transfer syntax has them. */
#ifndef WADOZIP_DICOM_JOBS_ELEMENTS_H
#define WADOZIP_DICOM_JOBS_ELEMENTS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"
#include "dcmtk/dcmdata/dcpixel.h"

#include "wadozip-dicom/io/result_sink.h"

/* Writes something in place of the pixel data's element. */
class Replacement {
public:
    virtual ~Replacement() = default;
    virtual void write(ResultSink &out) = 0;
};

/* Write all elements. `instead` is written in place of the pixel data (null:
 * itself); `stored`: the transfer syntax of pixel data that is written as it
 * is. Throws Refusal. */
void elements_write(ResultSink &out, DcmDataset &d, DcmPixelData *pixel_data, Replacement *instead,
                    E_TransferSyntax stored = EXS_LittleEndianExplicit);

#endif
