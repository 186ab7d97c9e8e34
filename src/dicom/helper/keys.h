/* What the directory record of an instance tells of it (record.h), read out of its data set. */
#ifndef WADOZIP_DICOM_HELPER_KEYS_H
#define WADOZIP_DICOM_HELPER_KEYS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdatset.h"

#include <string>

/*
 * The keys that the instance has, encoded (elements.h); "" for most SOP classes. Where they are more than MEDIA_KEYS_MAX
 * bytes, as of a presentation state of a thousand images, they only say that its record is to be a PRIVATE one.
 */
std::string keys_read(DcmDataset &d, const std::string &sop_class);

#endif
