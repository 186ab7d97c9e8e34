/* SPDX-License-Identifier: MIT */
/* The job HELPER_LIST: every element of a file as a line of text, for comparisons. */
#ifndef WADOZIP_DICOM_JOBS_ELEMENT_LIST_H
#define WADOZIP_DICOM_JOBS_ELEMENT_LIST_H

#include "helper/protocol.h"

/*
 * List the file meta information and the data set of the file in `fd`, which is
 * not de-identified (helper/element_line.h). Returns as result_make().
 */
int element_list_file(int fd, int spool, struct protocol_reply *reply);

#endif
