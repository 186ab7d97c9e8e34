/* SPDX-License-Identifier: MIT */
/* What every file that is written here begins with: an empty preamble and group 0002 (PS3.10 7.1). */
#ifndef WADOZIP_DICOM_DATASET_META_HEADER_H
#define WADOZIP_DICOM_DATASET_META_HEADER_H

#include <string>

#include "wadozip-dicom/io/result_sink.h"

/* The UIDs are legal ones: of the SOP class and instance that follow, and of the transfer syntax that they are in. */
void meta_header_write(ResultSink &out, const std::string &sop_class, const std::string &sop_uid, const std::string &syntax);

#endif
