/* SPDX-License-Identifier: MIT */
/* Pixel data that may show names is replaced by a plain image that shows that it was. */
#ifndef WADOZIP_DICOM_DEID_WITHHOLD_H
#define WADOZIP_DICOM_DEID_WITHHOLD_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

/*
 * Replace each frame by a black one of the same size with a diagonal cross, in
 * the transfer syntax of the data set, and say so in the data set, which is
 * de-identified already. An encapsulated PDF document becomes one that says so.
 * Returns about how many bytes of pixel data there are now. Throws Refusal,
 * before anything is changed, if the transfer syntax cannot be written.
 */
uint64_t withhold_pixels(DcmDataset &d, const std::string &syntax);

#endif
