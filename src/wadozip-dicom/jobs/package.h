/* SPDX-License-Identifier: MIT */
/* Tells a data set with its bulk data beside it: the jobs `package`, for zipped metadata. */
#ifndef WADOZIP_DICOM_JOBS_PACKAGE_H
#define WADOZIP_DICOM_JOBS_PACKAGE_H

#include "helper/protocol.h"

/*
 * A package (dicom/metadata_zip.h) of the file behind `fd`: as JSON or, for HELPER_PACKAGE_XML, as
 * XML. Each value's address is `prefix`, its number from 1, and ".raw". Fills class, reason, flags,
 * size and CRC of the reply: HELPER_UNDECODABLE where pixel data cannot be uncompressed here.
 * Returns what result_make does.
 */
int package_file(int fd, int spool, enum helper_job_kind kind, const char *prefix, struct protocol_reply *reply);

#endif
