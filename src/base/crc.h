/* CRC-32 as ZIP uses it (APPNOTE 4.4.7): ISA-L where the build found it, zlib otherwise. */
#ifndef WADOZIP_BASE_CRC_H
#define WADOZIP_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The CRC-32 of the bytes that gave `crc` (0 for none) followed by the len bytes at data. */
uint32_t crc_update(uint32_t crc, const void *data, size_t len);

/* The CRC-32 of two strings of bytes, one behind the other: theirs, and the length of the second. */
uint32_t crc_join(uint32_t first, uint32_t second, uint64_t second_len);

#endif
