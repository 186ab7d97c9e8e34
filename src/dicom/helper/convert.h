/* Writes an instance anew in another transfer syntax: the `convert` job. */
#ifndef WADOZIP_DICOM_HELPER_CONVERT_H
#define WADOZIP_DICOM_HELPER_CONVERT_H

#include "dicom/helper/protocol.h"

/*
 * Converts the file behind `fd` to `target`. Fills class, reason, flags, size and CRC of the reply. Returns the
 * sealed memory file, the caller's; -1 when the result went to `spool` or there is none.
 */
int convert_file(int fd, int spool, const char *target, struct protocol_reply *reply);

#endif
