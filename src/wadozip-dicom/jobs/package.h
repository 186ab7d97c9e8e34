/* SPDX-License-Identifier: MIT */
/* A data set together with its bulk data: the `package` jobs, for zipped
 * metadata. */
#ifndef WADOZIP_DICOM_JOBS_PACKAGE_H
#define WADOZIP_DICOM_JOBS_PACKAGE_H

#include "helper/protocol.h"

/*
 * Write a package (helper/package_layout.h) of the file in `fd`, as JSON or,
 * for HELPER_PACKAGE_XML, as XML. Each value's address is `prefix`, its number
 * from 1, and ".raw". Fills class, reason, flags, size and CRC of the reply:
 * HELPER_UNDECODABLE if pixel data cannot be decoded here. Returns as
 * result_make().
 */
int package_file(int fd, int spool, enum helper_job_kind kind, const char *prefix,
                 struct protocol_reply *reply);

#endif
