/* SPDX-License-Identifier: MIT */
/* The start of every file that is written here: an empty preamble and group
 * 0002 (PS3.10 7.1). */
#ifndef WADOZIP_DICOM_DATASET_META_HEADER_H
#define WADOZIP_DICOM_DATASET_META_HEADER_H

#include <string>

#include "wadozip-dicom/io/result_sink.h"

/* The UIDs must be valid: SOP class and instance of the data set, and its
 * transfer syntax. */
void meta_header_write(ResultSink &out, const std::string &sop_class, const std::string &sop_uid,
                       const std::string &syntax);

#endif
