/* SPDX-License-Identifier: MIT */
#include "base/crc.h"

#include <zlib.h>

#ifdef HAVE_ISAL
#include <isa-l/crc.h>

uint32_t crc_update(uint32_t crc, const void *data, size_t len)
{
    return crc32_gzip_refl(crc, data, len);
}
#else
uint32_t crc_update(uint32_t crc, const void *data, size_t len)
{
    return (uint32_t)crc32_z(crc, data, len);
}
#endif

uint32_t crc_join(uint32_t first, uint32_t second, uint64_t second_len)
{
    return (uint32_t)crc32_combine(first, second, (z_off_t)second_len);
}
