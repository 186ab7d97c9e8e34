/* SPDX-License-Identifier: MIT */
/*
 * The list that a conversion process works through: lines of a study, series
 * and instance UID, "-" for all of them.
 */
#ifndef WADOZIP_RESPOND_LATER_LIST_H
#define WADOZIP_RESPOND_LATER_LIST_H

#include <stdio.h>

#include "dicom/uid.h"
#include "respond/response.h"

struct later_item {
    char study[UID_MAX + 1], series[UID_MAX + 1], instance[UID_MAX + 1]; /* "" for all */
};

/*
 * Write the resource requested, or of a search the series (or instances, if it
 * is for these) that are converted, to an unlinked file in the spool. Returns
 * its descriptor, at the start of the file, which the caller closes; *sum is a
 * CRC-32 of the list and of the target. Returns -1 on failure.
 */
int later_list_write(const struct response *a, uint32_t *sum, struct err *e) MUST_CHECK;

/* Read the next item. Returns 1, 0 at the end, or -1: ERR_CONFIG for a line
 * that is malformed. */
int later_list_read(FILE *f, struct later_item *item, struct err *e) MUST_CHECK;

#endif
