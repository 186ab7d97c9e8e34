/* SPDX-License-Identifier: MIT */
/* The representation of frames or of a rendered image that was chosen
 * (pixel_response.h). */
#ifndef WADOZIP_RESPOND_PIXEL_CHOICE_H
#define WADOZIP_RESPOND_PIXEL_CHOICE_H

#include "dicom/frame_table.h"
#include "dicom/uid.h"
#include "helper/description.h"

/* The instance is the only member of the plan. */
struct pixel_choice {
    /* Content-Type of the response; null: it is no frame and no rendered image
     */
    const char *type;
    const char *part_type; /* Content-Type of each part */
    bool multipart;
    bool cleaned;          /* stored frames are not those of the file (pixel_deid.h) */
    bool heavy;            /* the response counts as a download */
    struct frame_table table;
    uint32_t frame_count;  /* frames of the instance */
    enum helper_job_kind kind;
    const char *job;       /* target of the job; null: the bytes are ranges of the file */
    char sop_class[UID_MAX + 1], syntax[UID_MAX + 1]; /* of the instance as stored */
    uint32_t samples;      /* Samples per Pixel; 0: there is no Pixel Data */
};

#endif
