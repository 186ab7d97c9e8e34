/* SPDX-License-Identifier: MIT */
/* Deflated members that are not converted: files, and de-identified ones. */
#ifndef WADOZIP_BODY_SEND_DEFLATED_H
#define WADOZIP_BODY_SEND_DEFLATED_H

#include "body/content.h"
#include "format/range_filter.h"

/*
 * Send member i, as far as it is in the range, whose last member is `to`.
 * Records a deflated size that becomes known, and forgets a wrong one. Fails as
 * deflate_stream_send(), splice_open() and send_part_data().
 */
int send_deflated(struct range_filter *w, struct content *f, size_t i, size_t to,
                  struct err *e) MUST_CHECK;

#endif
