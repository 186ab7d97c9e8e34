/* SPDX-License-Identifier: MIT */
/* A frame as a picture for screens (PS3.18 8.7.4): the `render` job. */
#ifndef WADOZIP_DICOM_JOBS_RENDER_H
#define WADOZIP_DICOM_JOBS_RENDER_H

#include "helper/protocol.h"

/* Renders the file behind `fd` as `target` says (dicom/render_options.h), and
 * replies as result_make() does. */
int render_file(int fd, int spool, const char *target, struct protocol_reply *reply);

#endif
