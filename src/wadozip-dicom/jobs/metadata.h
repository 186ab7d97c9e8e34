/* SPDX-License-Identifier: MIT */
/* A data set without its bulk data: the `metadata` jobs, as JSON and XML. */
#ifndef WADOZIP_DICOM_JOBS_METADATA_H
#define WADOZIP_DICOM_JOBS_METADATA_H

#include "helper/protocol.h"

/*
 * Write the data set in `fd` in the DICOM JSON Model (PS3.18 F.2) or, for
 * HELPER_METADATA_XML, in the Native DICOM Model (PS3.19 A.1). Bulk data is
 * represented by its address, which begins with `base`; if that is a step of a
 * path with a query ("instances?x=y"), it is relative, begins with the step and
 * ends with the query. Fills class, reason, flags, size and CRC of the reply.
 * Returns as result_make().
 */
int metadata_file(int fd, int spool, enum helper_job_kind kind, const char *base,
                  struct protocol_reply *reply);

#endif
