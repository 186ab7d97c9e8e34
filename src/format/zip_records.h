/* SPDX-License-Identifier: MIT */
/*
 * ZIP records as bytes (APPNOTE 6.3.10), one function per record; each returns
 * the number of bytes. ZIP64 fields appear only if a value does not fit (at or
 * above the marker value). Bit 3 is never set.
 */
#ifndef WADOZIP_FORMAT_ZIP_RECORDS_H
#define WADOZIP_FORMAT_ZIP_RECORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZIP_RECORD_MARK32 0xFFFFFFFFu
#define ZIP_RECORD_MARK16 0xFFFFu
#define ZIP_RECORD_NAME_MAX 255
#define ZIP_RECORD_LOCAL_MAX (30 + ZIP_RECORD_NAME_MAX + 20)
#define ZIP_RECORD_CENTRAL_MAX (46 + ZIP_RECORD_NAME_MAX + 28)
#define ZIP_RECORD_END_MAX (56 + 20 + 22)

enum zip_method { ZIP_RECORD_STORE = 0, ZIP_RECORD_DEFLATE = 8 };

struct zip_entry {
    const char *name; /* ASCII, forward slashes */
    size_t name_len;
    enum zip_method method;
    uint32_t time;    /* DOS date in the high half, time in the low half */
    uint32_t crc;
    uint64_t size, stored_size; /* uncompressed; in the archive */
    uint64_t offset;  /* of its local header */
};

/*
 * Return whether a size or an offset needs a ZIP64 field: at or above
 * 0xFFFFFFFF (APPNOTE 4.4.8, 4.4.9, 4.4.16).
 */
static inline bool zip_record_is_big(uint64_t v)
{
    return v >= ZIP_RECORD_MARK32;
}

size_t zip_record_local_size(const struct zip_entry *z);
size_t zip_record_local(const struct zip_entry *z, uint8_t out[ZIP_RECORD_LOCAL_MAX]);
size_t zip_record_central_size(const struct zip_entry *z);
size_t zip_record_central(const struct zip_entry *z, uint8_t out[ZIP_RECORD_CENTRAL_MAX]);

/* ZIP64 end record and locator if needed, then the end record. */
size_t zip_record_end_size(uint64_t count, uint64_t directory_offset, uint64_t directory_size);
size_t zip_record_end(uint64_t count, uint64_t directory_offset, uint64_t directory_size,
                      uint8_t out[ZIP_RECORD_END_MAX]);

#endif
