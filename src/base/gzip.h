/* SPDX-License-Identifier: MIT */
/*
 * Compress files as gzip (RFC 1952). The same compressor (deflate.h) always
 * makes the same bytes of a file.
 */
#ifndef WADOZIP_BASE_GZIP_H
#define WADOZIP_BASE_GZIP_H

#include <stdint.h>

#include "base/sink.h"

/*
 * Compress the first `length` bytes of a file, whose CRC-32 is `crc`, into a
 * sink. Does not flush the sink. Fails with ERR_SYSTEM if the file cannot be
 * read, with ERR_MEMORY, and with the errors of the sink.
 */
int gzip_file(int fd, uint64_t length, uint32_t crc, struct sink *out, struct err *e) MUST_CHECK;

#endif
