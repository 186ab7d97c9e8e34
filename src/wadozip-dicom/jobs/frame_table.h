/* SPDX-License-Identifier: MIT */
/* Where the frames of a file lie: the `frame table` job, for tables that are too long to come with a description. */
#ifndef WADOZIP_DICOM_JOBS_FRAME_TABLE_H
#define WADOZIP_DICOM_JOBS_FRAME_TABLE_H

#include "helper/protocol.h"

/* Writes the frame table (dicom/frame_table.h) of the file behind `fd`, and replies as result_make() does. */
int frame_table_file(int fd, int spool, struct protocol_reply *reply);

#endif
