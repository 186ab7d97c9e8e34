/* SPDX-License-Identifier: MIT */
/* Instances that are only de-identified, not converted: the `deidentify` and
 * `deidentify header` jobs. */
#ifndef WADOZIP_DICOM_JOBS_DEIDENTIFIED_H
#define WADOZIP_DICOM_JOBS_DEIDENTIFIED_H

#include "helper/protocol.h"

/* Write the file in `fd`, which result_deidentify() de-identifies, in Explicit
 * VR Little Endian, or in its own transfer syntax if its pixel data is
 * compressed. Returns as result_make(). */
int deidentified_file(int fd, int spool, struct protocol_reply *reply);

/* The same without the value of the pixel data if that can be taken from the
 * file, where it is at `target`: "OFFSET LENGTH". Sets reply->cut. */
int deidentified_header(int fd, int spool, const char *target, struct protocol_reply *reply);

#endif
