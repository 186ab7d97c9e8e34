/* Hands out the value of one element: the `extract` job. */
#ifndef WADOZIP_DICOM_HELPER_EXTRACT_H
#define WADOZIP_DICOM_HELPER_EXTRACT_H

#include "dicom/helper/protocol.h"

/*
 * The value of the element at `path` (dicom/element.h), as Explicit VR Little Endian has it without its header; pixel data
 * uncompressed. Fills class, reason, flags, size and CRC of the reply: PROC_ABSENT where there is no such element or it is a
 * sequence, PROC_UNDECODABLE where pixel data cannot be uncompressed here. Returns what result_make does.
 */
int extract_file(int fd, int spool, const char *path, struct protocol_reply *reply);

#endif
