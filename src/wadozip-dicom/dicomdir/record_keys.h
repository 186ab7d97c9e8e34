/* SPDX-License-Identifier: MIT */
/* Read the keys of an instance's directory record (record.h) from its data set.
 */
#ifndef WADOZIP_DICOM_DICOMDIR_RECORD_KEYS_H
#define WADOZIP_DICOM_DICOMDIR_RECORD_KEYS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

/*
 * Return the instance's keys, encoded (explicit_vr_writer.h); "" for most SOP
 * classes. If they are longer than DICOMDIR_KEYS_MAX, as for a presentation
 * state of a thousand images, they only say that its record is PRIVATE.
 */
std::string record_keys_read(DcmDataset &d, const std::string &sop_class);

#endif
