/* SPDX-License-Identifier: MIT */
/*
 * The multipart/related framing (PS3.18 8.6.1.2, RFC 2046 5.1): one part per
 * instance, in the plan's order.
 */
#ifndef WADOZIP_FORMAT_MULTIPART_H
#define WADOZIP_FORMAT_MULTIPART_H

#include "format/framing.h"

/* The functions of struct framing. */
size_t multipart_head(const struct plan_progress *g, const struct plan_member *m,
                      uint8_t out[FRAMING_HEAD_MAX]);
size_t multipart_measure(const struct plan_progress *g, const struct plan_member *m,
                         uint64_t offset, size_t *record);
int multipart_tail(const struct plan_progress *g, struct range_filter *w, struct err *e) MUST_CHECK;

#endif
