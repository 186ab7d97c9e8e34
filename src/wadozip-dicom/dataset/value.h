/* SPDX-License-Identifier: MIT */
/* Convert the values of an element that is neither a sequence nor bulk data for
 * a model. */
#ifndef WADOZIP_DICOM_DATASET_VALUE_H
#define WADOZIP_DICOM_DATASET_VALUE_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcelem.h"

#include <string>

#include "wadozip-dicom/dataset/model.h"
#include "wadozip-dicom/pixel/image.h"

/* Return the VR in the file or from ambiguous.h; "SQ" for sequences, "UN" for
 * an unknown one. */
const char *value_vr(DcmElement &e);

/* Return whether values of a VR are plain bytes: OB OD OF OL OV OW UN. */
bool value_is_binary(const char *vr);

/* Return the value in Little Endian, read from the file if necessary. Throws
 * Refusal. */
Bytes value_bytes(DcmElement &e);

/*
 * Pass all values of a non-empty element to the model. `charset` is that of its
 * data set or item.
 */
void value_print(const Bytes &value, const char *vr, const std::string &charset, Model &model);

#endif
