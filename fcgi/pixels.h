/* SPDX-License-Identifier: MIT */
/* What has been decided on an answer with frames or a rendered image (pixel_response.h). */
#ifndef WADOZIP_FCGI_PIXELS_H
#define WADOZIP_FCGI_PIXELS_H

#include "dicom/frame_table.h"
#include "dicom/uid.h"
#include "helper/description.h"

/* The instance is the plan's only member. */
struct pixels {
    const char *type;       /* Content-Type of the answer; null: the answer is something else */
    const char *part_type;  /* of each part */
    bool multipart, from_file, heavy; /* heavy: it counts as a download */
    struct frame_table table;
    uint32_t frame_count;   /* of the instance */
    const char *job;        /* what wadozip-dicom is asked for; null: nothing */
    uint32_t jobs;          /* that it was handed */
    enum helper_job_kind kind;
    char sop_class[UID_MAX + 1], syntax[UID_MAX + 1]; /* of the instance */
    uint32_t samples;
};

#endif
