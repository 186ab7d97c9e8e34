/* SPDX-License-Identifier: MIT */
/* The values of an element that is neither a sequence nor bulk data, as a model has them. */
#ifndef WADOZIP_DICOM_DATASET_VALUE_H
#define WADOZIP_DICOM_DATASET_VALUE_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcelem.h"

#include <string>

#include "wadozip-dicom/dataset/model.h"
#include "wadozip-dicom/pixel/image.h"

/* Return the VR as the file has it or ambiguous.h settles it; "SQ" for sequences, "UN" for an unknown one. */
const char *value_vr(DcmElement &e);

/* Whether values of a VR are bytes that are told as they lie: OB OD OF OL OV OW UN. */
bool value_is_binary(const char *vr);

/* The value as Little Endian has it, read from the file if need be. Throws Refusal. */
Bytes value_bytes(DcmElement &e);

/* Tells the model all values of an element that is not empty. `charset` is its data set's or item's. */
void value_tell(const Bytes &value, const char *vr, const std::string &charset, Model &model);

#endif
