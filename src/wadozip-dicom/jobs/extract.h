/* SPDX-License-Identifier: MIT */
/* Hands out the value of one element: the `extract` job. */
#ifndef WADOZIP_DICOM_JOBS_EXTRACT_H
#define WADOZIP_DICOM_JOBS_EXTRACT_H

#include "wadozip-dicom/io/load.h"

#include "helper/protocol.h"
#include "wadozip-dicom/io/result_sink.h"

/*
 * The value of the element at `path` (dicom/element_path.h), as Explicit VR Little Endian has it without its header; pixel data
 * uncompressed. Fills class, reason, flags, size and CRC of the reply: HELPER_ABSENT where there is no such element or it is a
 * sequence, HELPER_UNDECODABLE where pixel data cannot be uncompressed here. Returns what result_make does.
 */
int extract_file(int fd, int spool, const char *path, struct protocol_reply *reply);

/* Only the value, of a file that is loaded already; throws Refusal of these classes. */
void extract_value(Loaded &file, const char *path, ResultSink &out);

#endif
