/* SPDX-License-Identifier: MIT */
/* Where the frames of an instance lie, and which instance stands for a study or series. */
#ifndef WADOZIP_CATALOG_PIXELS_H
#define WADOZIP_CATALOG_PIXELS_H

#include "base/mem.h"
#include "catalog/catalog.h"
#include "dicom/frame_table.h"

struct catalog_place {
    struct frame_extent value; /* of Pixel Data in the file */
    uint8_t *table;            /* in the arena; null: not known */
    size_t table_bytes;
    char sop_class[UID_MAX + 1], transfer_syntax[UID_MAX + 1];
    uint32_t frames, samples; /* as the attributes have them; samples 0: there is no Pixel Data */
};

/*
 * Find the frame table of an instance. Of a table with one fragment a frame only the entries of these frames, numbered from 1,
 * in their order. *out is empty if the instance is not there.
 */
int catalog_find_place(struct catalog *c, const char *sop_uid, const uint32_t *frames, size_t count, struct mem *m,
                       struct catalog_place *out, struct err *e) MUST_CHECK;

struct catalog_middle {
    char series[UID_MAX + 1], instance[UID_MAX + 1]; /* "": there is no image */
};

/*
 * Find the instance that stands for a study or (unless "") a series: the middle one of its images; of a study that of the
 * series with the most instances. Encapsulated PDF documents count if there is no image.
 */
int catalog_find_middle(struct catalog *c, const char *study, const char *series, struct catalog_middle *out,
                        struct err *e) MUST_CHECK;

#endif
