/* SPDX-License-Identifier: MIT */
/* Deflate files and results block by block, as the responder does
 * (base/deflate.h). */
#ifndef WADOZIP_DICOM_JOBS_DEFLATED_H
#define WADOZIP_DICOM_JOBS_DEFLATED_H

#include "helper/protocol.h"

/*
 * Fill reply->deflated for an instance with native pixel data, and (pixels)
 * pixel_deflated of its description. They stay 0 if the data is compressed
 * already or cannot be read.
 */
void deflated_measure(int fd, bool pixels, struct protocol_reply *reply);

/* Fill reply->deflated with the deflated size of a result, which is `result` or
 * was spooled. */
void deflated_size(int result, const int fds[PROTOCOL_FILES_MAX], struct protocol_reply *reply);

/*
 * Fill reply->deflated for a result, which is *result or was spooled. If it
 * pays (deflate_pays()), replace the result by its deflated bytes: another
 * memory file in *result, or the second spool file. On failure nothing changes.
 */
void deflated_pack(int *result, const int fds[PROTOCOL_FILES_MAX], bool any,
                   struct protocol_reply *reply);

#endif
