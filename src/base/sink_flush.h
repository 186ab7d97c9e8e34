/* SPDX-License-Identifier: MIT */
/* Where a sink and its thread pass on full buffers, and how large these are. */
#ifndef WADOZIP_BASE_SINK_FLUSH_H
#define WADOZIP_BASE_SINK_FLUSH_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SINK_RECORD ((size_t)65528) /* the largest FastCGI record that needs no padding */
#define SINK_BUFFER (4 * SINK_RECORD)

/* Pass on all len bytes. Fails with ERR_PEER if the other side has closed. */
typedef int sink_flush_fn(void *ctx, const uint8_t *data, size_t len, struct err *e);

#endif
