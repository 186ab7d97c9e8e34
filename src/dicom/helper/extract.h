/* Hands out the value of one element: the `extract` job. */
#ifndef WADOZIP_DICOM_HELPER_EXTRACT_H
#define WADOZIP_DICOM_HELPER_EXTRACT_H

#include "dicom/helper/load.h"

#include "dicom/helper/protocol.h"
#include "dicom/helper/sink.h"

/*
 * The value of the element at `path` (dicom/element.h), as Explicit VR Little Endian has it without its header; pixel data
 * uncompressed. Fills class, reason, flags, size and CRC of the reply: PROC_ABSENT where there is no such element or it is a
 * sequence, PROC_UNDECODABLE where pixel data cannot be uncompressed here. Returns what result_make does.
 */
int extract_file(int fd, int spool, const char *path, struct protocol_reply *reply);

/* Only the value, of a file that is loaded already; throws Refusal of these classes. */
void extract_value(Loaded &file, const char *path, Sink &out);

#endif
