/* SPDX-License-Identifier: MIT */
#include "dicom/frame_table.h"

#include "base/le.h"

static struct frame_extent entry_at(const struct frame_table *t, uint32_t i)
{
    const uint8_t *p = t->entries + (size_t)i * FRAME_TABLE_ENTRY;

    return (struct frame_extent){le32_get(p) | (uint64_t)le16_get(p + 4) << 32, le32_get(p + 6)};
}

static bool lies_within(struct frame_extent part, struct frame_extent whole)
{
    return part.at >= whole.at && part.size <= whole.size &&
           part.at - whole.at <= whole.size - part.size;
}

static bool check_entries(const struct frame_table *t)
{
    for (uint32_t i = 0; i < t->entry_count; i++)
        if (!lies_within(entry_at(t, i), t->pixels))
            return false;
    return true;
}

/* Entries of whole fragments in what is left of the table. */
static bool take_entries(struct frame_table *t, const uint8_t *at, size_t left)
{
    if (left % FRAME_TABLE_ENTRY || left / FRAME_TABLE_ENTRY > FRAME_TABLE_FRAGMENTS_MAX)
        return false;
    t->entries = at;
    t->entry_count = (uint32_t)(left / FRAME_TABLE_ENTRY);
    return check_entries(t);
}

static bool take_native(struct frame_table *t, const uint8_t *at, size_t left)
{
    if (left != 8)
        return false;
    t->frame_bytes = le64_get(at);
    return t->frame_bytes > 0 && t->count <= t->pixels.size / t->frame_bytes;
}

/* The first entries rise and end with the number of entries. */
static bool take_fragments(struct frame_table *t, const uint8_t *at, size_t left)
{
    size_t starts = ((size_t)t->count + 1) * 4;
    uint32_t before = 0;

    if (t->count > FRAME_TABLE_FRAGMENTS_MAX || starts > left ||
        !take_entries(t, at + starts, left - starts))
        return false;
    t->first = at;
    for (size_t i = 0; i <= t->count; i++) {
        uint32_t first = le32_get(at + 4 * i);

        if (first < before || first > t->entry_count)
            return false;
        before = first;
    }
    return before == t->entry_count;
}

bool frame_table_read(const uint8_t *bytes, size_t len, struct frame_extent pixels,
                      uint64_t file_size, struct frame_table *out)
{
    const uint8_t *rest = bytes + FRAME_TABLE_HEAD;
    size_t left = len - FRAME_TABLE_HEAD;

    if (len < FRAME_TABLE_HEAD || bytes[0] > FRAME_TABLE_STREAM ||
        !lies_within(pixels, (struct frame_extent){0, file_size}))
        return false;
    *out = (struct frame_table){
        .kind = (enum frame_table_kind)bytes[0], .count = le32_get(bytes + 1), .pixels = pixels};
    switch (out->kind) {
    case FRAME_TABLE_NONE:
        return left == 0;
    case FRAME_TABLE_NATIVE:
        return take_native(out, rest, left);
    case FRAME_TABLE_FRAGMENTS:
        return take_fragments(out, rest, left);
    case FRAME_TABLE_FRAGMENT:
    case FRAME_TABLE_STREAM:
        break;
    }
    return take_entries(out, rest, left);
}

uint32_t frame_table_extents(const struct frame_table *t, uint32_t n)
{
    switch (t->kind) {
    case FRAME_TABLE_NONE:
        return 0;
    case FRAME_TABLE_NATIVE:
        return n < t->count;
    case FRAME_TABLE_FRAGMENT:
        return n < t->entry_count;
    case FRAME_TABLE_FRAGMENTS:
        return n < t->count
                   ? le32_get(t->first + 4 * ((size_t)n + 1)) - le32_get(t->first + 4 * (size_t)n)
                   : 0;
    case FRAME_TABLE_STREAM:
        break;
    }
    return n == 0 ? t->entry_count : 0;
}

struct frame_extent frame_table_extent(const struct frame_table *t, uint32_t n, uint32_t k)
{
    switch (t->kind) {
    case FRAME_TABLE_NONE:
        break;
    case FRAME_TABLE_NATIVE:
        return (struct frame_extent){t->pixels.at + n * t->frame_bytes, t->frame_bytes};
    case FRAME_TABLE_FRAGMENT:
        return entry_at(t, n);
    case FRAME_TABLE_FRAGMENTS:
        return entry_at(t, le32_get(t->first + 4 * (size_t)n) + k);
    case FRAME_TABLE_STREAM:
        return entry_at(t, k);
    }
    return (struct frame_extent){0, 0};
}
