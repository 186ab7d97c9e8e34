/* SPDX-License-Identifier: MIT */
/* What the directory record of an instance tells of it (record.h), read out of its data set. */
#ifndef WADOZIP_DICOM_DICOMDIR_RECORD_KEYS_H
#define WADOZIP_DICOM_DICOMDIR_RECORD_KEYS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

/*
 * The keys that the instance has, encoded (explicit_vr_writer.h); "" for most SOP classes. Where
 * they are more than DICOMDIR_KEYS_MAX bytes, as of a presentation state of a thousand images, they
 * only say that its record is to be a PRIVATE one.
 */
std::string record_keys_read(DcmDataset &d, const std::string &sop_class);

#endif
