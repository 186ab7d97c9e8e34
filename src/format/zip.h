/* SPDX-License-Identifier: MIT */
/*
 * The ZIP framing: a local header before each member, the directory and the end
 * records after the last one.
 */
#ifndef WADOZIP_FORMAT_ZIP_H
#define WADOZIP_FORMAT_ZIP_H

#include "format/framing.h"

/* The functions of struct framing. */
size_t zip_head(const struct plan_progress *g, const struct plan_member *m,
                uint8_t out[FRAMING_HEAD_MAX]);
size_t zip_measure(const struct plan_progress *g, const struct plan_member *m, uint64_t offset,
                   size_t *record);
/* The same for value number `number` (from 1) of its member. */
size_t zip_part_head(const struct plan_progress *g, const struct plan_part *part, size_t number,
                     uint8_t out[FRAMING_HEAD_MAX]);

int zip_tail(const struct plan_progress *g, struct range_filter *w, struct err *e) MUST_CHECK;

#endif
