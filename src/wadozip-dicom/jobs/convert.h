/* SPDX-License-Identifier: MIT */
/* Writes an instance anew in another transfer syntax, or only measures it: the `convert` and `measure` jobs. */
#ifndef WADOZIP_DICOM_JOBS_CONVERT_H
#define WADOZIP_DICOM_JOBS_CONVERT_H

#include "helper/protocol.h"
#include "wadozip-dicom/io/load.h"

/*
 * Converts the file behind `fd` to `target`. Fills class, reason, flags, size and CRC of the reply. Returns the
 * sealed memory file, the caller's; -1 when the result went to `spool` or there is none.
 */
int convert_file(int fd, int spool, const char *target, struct protocol_reply *reply);

/* Whether the instance is converted for an answer in the default form (dicom/conversion_rules.h). */
bool convert_by_default(Loaded &file);

/*
 * Bytes of the instance converted to Explicit VR Little Endian with native pixel data: exactly those that convert_file()
 * writes. Decompresses nothing unless `decode` is set. Returns 0 if the size cannot be told. Changes the data set.
 */
uint64_t convert_measure(Loaded &file, bool decode);

/* Measures the file behind `fd`, of which only the header is read. Fills class, reason and default_size of the reply. */
void convert_measure_file(int fd, struct protocol_reply *reply);

#endif
