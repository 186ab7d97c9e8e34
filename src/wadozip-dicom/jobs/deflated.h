/* SPDX-License-Identifier: MIT */
/* What deflate makes of files and results, block by block as the responder will do it (base/deflate.h). */
#ifndef WADOZIP_DICOM_JOBS_DEFLATED_H
#define WADOZIP_DICOM_JOBS_DEFLATED_H

#include "helper/protocol.h"

/*
 * Fills reply->deflated for an instance with native pixel data. What is compressed already, and what cannot be read, keeps
 * 0.
 */
void deflated_measure(int fd, struct protocol_reply *reply);

/* Measures into reply->deflated what deflate makes of a result, which is `result`, or spooled. */
void deflated_size(int result, const int fds[PROTOCOL_FILES_MAX], struct protocol_reply *reply);

/*
 * Fills reply->deflated for a result, which is *result or was spooled. Where it pays (deflate_pays), the deflated
 * bytes take its place: another memory file in *result, or the second spool file. What fails leaves all as it is.
 */
void deflated_pack(int *result, const int fds[PROTOCOL_FILES_MAX], bool any, struct protocol_reply *reply);

#endif
