/* SPDX-License-Identifier: MIT */
/* Return the value of one element: the `extract` job. */
#ifndef WADOZIP_DICOM_JOBS_EXTRACT_H
#define WADOZIP_DICOM_JOBS_EXTRACT_H

#include "wadozip-dicom/io/load.h"

#include "helper/protocol.h"
#include "wadozip-dicom/io/result_sink.h"

/*
 * Return the value of the element at `path` (dicom/element_path.h) in Explicit
 * VR Little Endian without its header; pixel data uncompressed. Fills class,
 * reason, flags, size and CRC of the reply: HELPER_ABSENT if there is no such
 * element or it is a sequence, HELPER_UNDECODABLE if pixel data cannot be
 * decoded here. Returns as result_make().
 */
int extract_file(int fd, int spool, const char *path, struct protocol_reply *reply);

/* Write the value from a loaded file. Throws Refusal with these classes. */
void extract_value(Loaded &file, const char *path, ResultSink &out);

#endif
