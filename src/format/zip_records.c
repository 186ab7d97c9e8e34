/* SPDX-License-Identifier: MIT */
#include "format/zip_records.h"

#include <string.h>

#include "base/le.h"

#define MADE_BY 0x032D /* Unix, so that readers take the attributes below; after APPNOTE 4.5 */
#define FILE_MODE (0100644u << 16) /* a plain file that its owner may write and everybody read */
#define ZIP64_TAG 0x0001

enum { VERSION_STORE = 10, VERSION_DEFLATE = 20, VERSION_ZIP64 = 45 }; /* APPNOTE 4.4.3.2 */

static uint32_t low32(uint64_t v)
{
    return zip_record_is_big(v) ? ZIP_RECORD_MARK32 : (uint32_t)v;
}

/* The 26 bytes that both headers share, from "version needed" to "extra field
 * length". */
static uint8_t *put_common(uint8_t *p, const struct zip_entry *z, uint32_t stored_size,
                           uint32_t size, size_t extra)
{
    p = le16_put(p, extra                             ? VERSION_ZIP64
                    : z->method == ZIP_RECORD_DEFLATE ? VERSION_DEFLATE
                                                      : VERSION_STORE);
    p = le16_put(p, 0); /* flags: sizes are present (no bit 3), names are ASCII (no bit 11) */
    p = le16_put(p, (uint16_t)z->method);
    p = le32_put(p, z->time);
    p = le32_put(p, z->crc);
    p = le32_put(p, stored_size);
    p = le32_put(p, size);
    p = le16_put(p, (uint16_t)z->name_len);
    return le16_put(p, (uint16_t)extra);
}

static uint8_t *put_name(uint8_t *p, const struct zip_entry *z)
{
    memcpy(p, z->name, z->name_len);
    return p + z->name_len;
}

/* A local header contains both sizes or neither (APPNOTE 4.5.3). */
static size_t local_extra(const struct zip_entry *z)
{
    return zip_record_is_big(z->size) || zip_record_is_big(z->stored_size) ? 20 : 0;
}

size_t zip_record_local_size(const struct zip_entry *z)
{
    return 30 + z->name_len + local_extra(z);
}

size_t zip_record_local(const struct zip_entry *z, uint8_t out[ZIP_RECORD_LOCAL_MAX])
{
    size_t extra = local_extra(z);
    uint8_t *p = le32_put(out, 0x04034B50);

    p = put_common(p, z, extra ? ZIP_RECORD_MARK32 : (uint32_t)z->stored_size,
                   extra ? ZIP_RECORD_MARK32 : (uint32_t)z->size, extra);
    p = put_name(p, z);
    if (extra) {
        p = le16_put(p, ZIP64_TAG);
        p = le16_put(p, (uint16_t)(extra - 4));
        p = le64_put(p, z->size);
        p = le64_put(p, z->stored_size);
    }
    return (size_t)(p - out);
}

/*
 * The directory contains exactly the fields that have a marker value, in this
 * order: size, stored size, offset.
 */
static size_t central_extra(const struct zip_entry *z)
{
    size_t fields = (size_t)zip_record_is_big(z->size) + zip_record_is_big(z->stored_size) +
                    zip_record_is_big(z->offset);

    return fields ? 4 + 8 * fields : 0;
}

size_t zip_record_central_size(const struct zip_entry *z)
{
    return 46 + z->name_len + central_extra(z);
}

static uint8_t *put_if_big(uint8_t *p, uint64_t v)
{
    return zip_record_is_big(v) ? le64_put(p, v) : p;
}

size_t zip_record_central(const struct zip_entry *z, uint8_t out[ZIP_RECORD_CENTRAL_MAX])
{
    size_t extra = central_extra(z);
    uint8_t *p = le32_put(out, 0x02014B50);

    p = le16_put(p, MADE_BY);
    p = put_common(p, z, low32(z->stored_size), low32(z->size), extra);
    p = le16_put(p, 0); /* comment length */
    p = le16_put(p, 0); /* disk */
    p = le16_put(p, 0); /* internal attributes */
    p = le32_put(p, FILE_MODE);
    p = le32_put(p, low32(z->offset));
    p = put_name(p, z);
    if (extra) {
        p = le16_put(p, ZIP64_TAG);
        p = le16_put(p, (uint16_t)(extra - 4));
        p = put_if_big(p, z->size);
        p = put_if_big(p, z->stored_size);
        p = put_if_big(p, z->offset);
    }
    return (size_t)(p - out);
}

static bool end_is_big(uint64_t count, uint64_t directory_offset, uint64_t directory_size)
{
    return count >= ZIP_RECORD_MARK16 || zip_record_is_big(directory_offset) ||
           zip_record_is_big(directory_size);
}

size_t zip_record_end_size(uint64_t count, uint64_t directory_offset, uint64_t directory_size)
{
    return end_is_big(count, directory_offset, directory_size) ? 56 + 20 + 22 : 22;
}

/* ZIP64 end record and its locator (APPNOTE 4.3.14, 4.3.15). */
static uint8_t *put_end64(uint8_t *p, uint64_t count, uint64_t directory_offset,
                          uint64_t directory_size)
{
    p = le32_put(p, 0x06064B50);
    p = le64_put(p, 56 - 12); /* size of the rest */
    p = le16_put(p, MADE_BY);
    p = le16_put(p, VERSION_ZIP64);
    p = le32_put(p, 0); /* this disk */
    p = le32_put(p, 0); /* disk of the directory */
    p = le64_put(p, count);
    p = le64_put(p, count);
    p = le64_put(p, directory_size);
    p = le64_put(p, directory_offset);
    p = le32_put(p, 0x07064B50);
    p = le32_put(p, 0); /* disk of the record */
    p = le64_put(p, directory_offset + directory_size);
    return le32_put(p, 1); /* disks */
}

size_t zip_record_end(uint64_t count, uint64_t directory_offset, uint64_t directory_size,
                      uint8_t out[ZIP_RECORD_END_MAX])
{
    uint16_t count16 = count >= ZIP_RECORD_MARK16 ? ZIP_RECORD_MARK16 : (uint16_t)count;
    uint8_t *p = out;

    if (end_is_big(count, directory_offset, directory_size))
        p = put_end64(p, count, directory_offset, directory_size);
    p = le32_put(p, 0x06054B50);
    p = le16_put(p, 0); /* this disk */
    p = le16_put(p, 0); /* disk of the directory */
    p = le16_put(p, count16);
    p = le16_put(p, count16);
    p = le32_put(p, low32(directory_size));
    p = le32_put(p, low32(directory_offset));
    p = le16_put(p, 0); /* comment length */
    return (size_t)(p - out);
}
