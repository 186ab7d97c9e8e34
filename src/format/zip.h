/* SPDX-License-Identifier: MIT */
/* The ZIP framing: a local header in front of each member, the directory and the end records behind the last. */
#ifndef WADOZIP_FORMAT_ZIP_H
#define WADOZIP_FORMAT_ZIP_H

#include "format/framing.h"

/* As struct framing has them. */
size_t zip_head(const struct plan *p, const struct plan_member *m, uint8_t out[FRAMING_HEAD_MAX]);
size_t zip_measure(const struct plan *p, const struct plan_member *m, uint64_t offset, size_t *record);
/* The same for the number-th value (from 1) of its member. */
size_t zip_part_head(const struct plan *p, const struct plan_part *part, size_t number, uint8_t out[FRAMING_HEAD_MAX]);

int zip_tail(const struct plan *p, struct range_filter *w, struct err *e) MUST_CHECK;

#endif
