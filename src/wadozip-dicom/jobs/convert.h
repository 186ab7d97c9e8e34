/* SPDX-License-Identifier: MIT */
/*
 * Write an instance in another transfer syntax, or only compute the size: the
 * `convert` and `measure` jobs.
 */
#ifndef WADOZIP_DICOM_JOBS_CONVERT_H
#define WADOZIP_DICOM_JOBS_CONVERT_H

#include "helper/protocol.h"
#include "wadozip-dicom/io/load.h"

/*
 * Convert the file in `fd` to `target`. Fills class, reason, flags, size and
 * CRC of the reply. Returns the sealed memory file, owned by the caller; -1 if
 * the result is in `spool` or there is none.
 */
int convert_file(int fd, int spool, const char *target, struct protocol_reply *reply);

/* Return whether the instance is converted for a default response
 * (dicom/conversion_rules.h). */
bool convert_by_default(Loaded &file);

/*
 * Return the size of the instance converted to Explicit VR Little Endian with
 * native pixel data: exactly the bytes that convert_file() writes. Decodes
 * nothing unless `decode` is set. Returns 0 if the size cannot be determined.
 * Changes the data set.
 */
uint64_t convert_measure(Loaded &file, bool decode);

/*
 * Compute the size for the file in `fd`, of which only the header is read.
 * Fills class, reason and default_size of the reply.
 */
void convert_measure_file(int fd, struct protocol_reply *reply);

#endif
