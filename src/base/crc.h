/* SPDX-License-Identifier: MIT */
/* CRC-32 of ZIP (APPNOTE 4.4.7), by ISA-L if it was built in, else by zlib. */
#ifndef WADOZIP_BASE_CRC_H
#define WADOZIP_BASE_CRC_H

#include <stddef.h>
#include <stdint.h>

/* Return the CRC-32 of the bytes that gave `crc` (0: no bytes) followed by
 * `data`. */
uint32_t crc_update(uint32_t crc, const void *data, size_t len);

/* Return the CRC-32 of two concatenated byte strings, given the CRC-32 of each.
 */
uint32_t crc_join(uint32_t first, uint32_t second, uint64_t second_len);

#endif
