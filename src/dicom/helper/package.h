/* Tells a data set with its bulk data beside it: the jobs `package`, for zipped metadata. */
#ifndef WADOZIP_DICOM_HELPER_PACKAGE_H
#define WADOZIP_DICOM_HELPER_PACKAGE_H

#include "dicom/helper/protocol.h"

/*
 * A package (dicom/package.h) of the file behind `fd`: as JSON or, for PROC_PACKAGE_XML, as XML. Each value's address is
 * `prefix`, its number from 1, and ".raw". Fills class, reason, flags, size and CRC of the reply: PROC_UNDECODABLE where pixel
 * data cannot be uncompressed here. Returns what result_make does.
 */
int package_file(int fd, int spool, enum proc_kind kind, const char *prefix, struct protocol_reply *reply);

#endif
