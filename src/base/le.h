/* SPDX-License-Identifier: MIT */
/* Little-endian integers of ZIP records (APPNOTE 4.4.1.1) and DICOM file meta
 * information. */
#ifndef WADOZIP_BASE_LE_H
#define WADOZIP_BASE_LE_H

#include <stdint.h>

static inline uint8_t *le16_put(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    return p + 2;
}

static inline uint8_t *le32_put(uint8_t *p, uint32_t v)
{
    return le16_put(le16_put(p, (uint16_t)v), (uint16_t)(v >> 16));
}

static inline uint8_t *le64_put(uint8_t *p, uint64_t v)
{
    return le32_put(le32_put(p, (uint32_t)v), (uint32_t)(v >> 32));
}

static inline uint16_t le16_get(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t le32_get(const uint8_t *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static inline uint64_t le64_get(const uint8_t *p)
{
    return le32_get(p) | (uint64_t)le32_get(p + 4) << 32;
}

#endif
