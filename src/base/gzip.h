/* SPDX-License-Identifier: MIT */
/* Files as gzip streams (RFC 1952), the same bytes for the same file by the same compressor (deflate.h). */
#ifndef WADOZIP_BASE_GZIP_H
#define WADOZIP_BASE_GZIP_H

#include <stdint.h>

#include "base/sink.h"

/*
 * Compress the first `length` bytes of a file, whose CRC-32 is `crc`, into a sink, which is not flushed. Fails with ERR_SYSTEM
 * if the file cannot be read, with ERR_MEMORY, and as the sink does.
 */
int gzip_file(int fd, uint64_t length, uint32_t crc, struct sink *out, struct err *e) MUST_CHECK;

#endif
