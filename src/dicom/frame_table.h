/* SPDX-License-Identifier: MIT */
/*
 * The positions of an instance's frames in its file, as wadozip-dicom finds
 * them and the catalogue keeps them. Numbers are little endian:
 *
 *     1 byte   kind
 *     4 bytes  number of frames
 *     FRAME_TABLE_NATIVE      8 bytes: length of a frame; frame n (from 0)
 *                             begins n lengths into the pixel data
 *     FRAME_TABLE_FRAGMENT    one entry a frame
 *     FRAME_TABLE_FRAGMENTS   a number of 4 bytes for each frame and one more:
 *                             its first entry; then the entries
 *     FRAME_TABLE_STREAM      the entries of all fragments: one video
 *
 * An entry is the offset of a fragment's bytes in the file (6 bytes) and their number (4 bytes).
 */
#ifndef WADOZIP_DICOM_FRAME_TABLE_H
#define WADOZIP_DICOM_FRAME_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FRAME_TABLE_HEAD 5
#define FRAME_TABLE_ENTRY 10
#define FRAME_TABLE_NATIVE_BYTES (FRAME_TABLE_HEAD + 8)
/* of more nothing is kept: such frames are decoded */
#define FRAME_TABLE_FRAGMENTS_MAX ((uint32_t)1 << 20)
#define FRAME_TABLE_BYTES_MAX \
    (FRAME_TABLE_HEAD + (size_t)(FRAME_TABLE_FRAGMENTS_MAX + 1) * (FRAME_TABLE_ENTRY + 4))

enum frame_table_kind {
    /* frames cannot be read out of the file: big endian, deflated, bits within
     * a byte */
    FRAME_TABLE_NONE,
    FRAME_TABLE_NATIVE,
    FRAME_TABLE_FRAGMENT,
    FRAME_TABLE_FRAGMENTS,
    FRAME_TABLE_STREAM
};

/* Some bytes of a file. */
struct frame_extent {
    uint64_t at, size;
};

/* A table as it was read; the bytes stay the caller's. */
struct frame_table {
    enum frame_table_kind kind;
    uint32_t count; /* frames; 1 of a video */
    uint64_t frame_bytes; /* FRAME_TABLE_NATIVE */
    struct frame_extent pixels; /* all of the pixel data's value */
    /* of fragments; FRAME_TABLE_FRAGMENT: perhaps only those that were asked
     * for, in order */
    const uint8_t *entries;
    const uint8_t *first;   /* FRAME_TABLE_FRAGMENTS: the numbers of the first entries */
    uint32_t entry_count;
};

#ifdef __cplusplus
extern "C" {
#endif

/* Read a table, of FRAME_TABLE_FRAGMENT with all its entries or only some.
 * `pixels`: the value of the pixel data in a file of `file_size` bytes. Returns
 * false if it contradicts itself or leads out of the pixel data. */
bool frame_table_read(const uint8_t *bytes, size_t len, struct frame_extent pixels,
                      uint64_t file_size, struct frame_table *out);

/* The number of extents that frame n (from 0) has, 0 if there is no such frame;
 * and extent k of it. FRAME_TABLE_FRAGMENT: n counts the entries that were
 * read. */
uint32_t frame_table_extents(const struct frame_table *t, uint32_t n);
struct frame_extent frame_table_extent(const struct frame_table *t, uint32_t n, uint32_t k);

#ifdef __cplusplus
}
#endif

#endif
