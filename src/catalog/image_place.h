/* SPDX-License-Identifier: MIT */
/* Where the frames of an instance lie in its file, and which instance
 * represents a study or series. */
#ifndef WADOZIP_CATALOG_IMAGE_PLACE_H
#define WADOZIP_CATALOG_IMAGE_PLACE_H

#include "base/mem.h"
#include "catalog/catalog.h"
#include "dicom/frame_table.h"

struct image_place {
    struct frame_extent value; /* of Pixel Data in the file */
    uint8_t *table;            /* in the arena; null: not known */
    size_t table_bytes;
    char sop_class[UID_MAX + 1], transfer_syntax[UID_MAX + 1];
    uint32_t frames, samples; /* as the attributes have them; samples 0: there is no Pixel Data */
};

/* An instance, the frames of interest, numbered from 1, and a receiver of the
 * instance as of catalog_find(). */
struct image_place_query {
    const char *study, *series, *instance; /* valid UIDs */
    const uint32_t *frames;
    size_t count;
    int (*each)(void *ctx, const struct instance *i, struct err *e);
    void *ctx;
};

/*
 * Look up an instance and where its frames lie, in one query. A table of kind
 * FRAME_TABLE_FRAGMENT contains only the entries of the frames of interest, in
 * their order. The instance comes without sizes of conversions. Fails as
 * catalog_find().
 */
int image_place_find(struct catalog *c, const struct image_place_query *q, struct mem *m,
                     struct image_place *out, struct err *e) MUST_CHECK;

struct image_middle {
    char series[UID_MAX + 1], instance[UID_MAX + 1]; /* "": there is no image */
};

/*
 * Find the instance that represents a study or, unless "", a series in a
 * rendered image: the middle one of its images, of a study that of the series
 * with the most instances. Encapsulated PDF documents count if there is no
 * image. Fails as catalog_find().
 */
int image_place_middle(struct catalog *c, const char *study, const char *series,
                       struct image_middle *out, struct err *e) MUST_CHECK;

#endif
