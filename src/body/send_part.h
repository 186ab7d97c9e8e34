/* SPDX-License-Identifier: MIT */
/* Bytes of one member, as far as they are in the range of a response. */
#ifndef WADOZIP_BODY_SEND_PART_H
#define WADOZIP_BODY_SEND_PART_H

#include "base/sha256.h"
#include "body/content.h"
#include "format/range_filter.h"

/* Send the bytes before a member's data. */
int send_part_head(struct range_filter *w, const struct content *f, const struct plan_member *m,
                   struct err *e) MUST_CHECK;

/*
 * Read the requested bytes of c directly into the sink's buffer, and add them to
 * a digest, which may be empty. Data that is sent whole is compared with its
 * CRC-32: fails with ERR_DATA, also if a file is too short.
 */
int send_part_data(struct range_filter *w, struct content *f, const struct plan_member *m,
                   const struct content_data *c, struct sha256 *d, struct err *e) MUST_CHECK;

#endif
