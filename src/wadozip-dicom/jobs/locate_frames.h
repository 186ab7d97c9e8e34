/* SPDX-License-Identifier: MIT */
/* The job HELPER_FRAME_TABLE: frame tables too long to be returned with a
 * description. */
#ifndef WADOZIP_DICOM_JOBS_LOCATE_FRAMES_H
#define WADOZIP_DICOM_JOBS_LOCATE_FRAMES_H

#include "helper/protocol.h"

/* Write the frame table (dicom/frame_table.h) of the file in `fd`; returns as
 * result_make(). */
int locate_frames_file(int fd, int spool, struct protocol_reply *reply);

#endif
