/* SPDX-License-Identifier: MIT */
#include "dicom/frame_table.h"

#include <string.h>

#include "base/le.h"
#include "tests/unit/unit.h"

#define ROOM 256

static const struct frame_extent pixels = {100, 1000}; /* of a file of 2,000 bytes */

static uint8_t *put_head(uint8_t *to, enum frame_table_kind kind, uint32_t count)
{
    *to = (uint8_t)kind;
    return le32_put(to + 1, count);
}

static uint8_t *put_entry(uint8_t *to, uint64_t at, uint32_t size)
{
    to = le32_put(to, (uint32_t)at);
    to = le16_put(to, (uint16_t)(at >> 32));
    return le32_put(to, size);
}

static bool read_to(const uint8_t *bytes, const uint8_t *end, struct frame_table *t)
{
    return frame_table_read(bytes, (size_t)(end - bytes), pixels, 2000, t);
}

static void assert_extent(const struct frame_table *t, uint32_t n, uint32_t k, uint64_t at,
                          uint64_t size)
{
    struct frame_extent e = frame_table_extent(t, n, k);

    assert_int_equal(e.at, at);
    assert_int_equal(e.size, size);
}

static void test_native_frames_are_arithmetic(void **state)
{
    uint8_t bytes[ROOM];
    struct frame_table t;

    (void)state;
    assert_true(read_to(bytes, le64_put(put_head(bytes, FRAME_TABLE_NATIVE, 4), 250), &t));
    assert_int_equal(frame_table_extents(&t, 3), 1);
    assert_int_equal(frame_table_extents(&t, 4), 0);
    assert_extent(&t, 3, 0, 850, 250);
}

static void test_native_frames_end_with_the_pixel_data(void **state)
{
    uint8_t bytes[ROOM];
    struct frame_table t;

    (void)state;
    assert_false(read_to(bytes, le64_put(put_head(bytes, FRAME_TABLE_NATIVE, 4), 251), &t));
    assert_false(read_to(bytes, le64_put(put_head(bytes, FRAME_TABLE_NATIVE, 4), 0), &t));
    assert_false(read_to(
        bytes, le64_put(put_head(bytes, FRAME_TABLE_NATIVE, UINT32_MAX), UINT64_MAX / 2), &t));
    assert_false(read_to(bytes, le32_put(put_head(bytes, FRAME_TABLE_NATIVE, 4), 250), &t));
}

static void test_fragments_are_entries(void **state)
{
    uint8_t bytes[ROOM];
    struct frame_table t;

    (void)state;
    assert_true(read_to(
        bytes,
        put_entry(put_entry(put_head(bytes, FRAME_TABLE_FRAGMENT, 90000), 108, 40), 1090, 10), &t));
    assert_int_equal(t.count, 90000);
    assert_int_equal(frame_table_extents(&t, 1), 1);
    assert_int_equal(frame_table_extents(&t, 2), 0);
    assert_extent(&t, 1, 0, 1090, 10);
}

static void test_entries_lie_within_the_pixel_data(void **state)
{
    static const struct frame_extent wrong[] = {
        {99, 1}, {1090, 11}, {1101, 0}, {(uint64_t)1 << 40, 1}, {100, UINT32_MAX}};
    uint8_t bytes[ROOM];
    struct frame_table t;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        uint8_t *end = put_entry(put_head(bytes, FRAME_TABLE_FRAGMENT, 1), wrong[i].at,
                                 (uint32_t)wrong[i].size);

        assert_false(read_to(bytes, end, &t));
        *bytes = FRAME_TABLE_STREAM;
        assert_false(read_to(bytes, end, &t));
    }
}

static uint8_t *put_two_frames(uint8_t *bytes, uint32_t second, uint32_t end)
{
    uint8_t *to = put_head(bytes, FRAME_TABLE_FRAGMENTS, 2);

    to = le32_put(le32_put(le32_put(to, 0), second), end);
    return put_entry(put_entry(put_entry(to, 108, 40), 156, 50), 214, 60);
}

static void test_a_frame_has_several_fragments(void **state)
{
    uint8_t bytes[ROOM];
    struct frame_table t;

    (void)state;
    assert_true(read_to(bytes, put_two_frames(bytes, 1, 3), &t));
    assert_int_equal(frame_table_extents(&t, 0), 1);
    assert_int_equal(frame_table_extents(&t, 1), 2);
    assert_int_equal(frame_table_extents(&t, 2), 0);
    assert_extent(&t, 1, 0, 156, 50);
    assert_extent(&t, 1, 1, 214, 60);
}

static void test_frames_share_all_fragments_in_order(void **state)
{
    uint8_t bytes[ROOM];
    struct frame_table t;
    uint8_t *end;

    (void)state;
    assert_false(read_to(bytes, put_two_frames(bytes, 4, 3), &t));
    assert_false(read_to(bytes, put_two_frames(bytes, 1, 2), &t));
    assert_false(read_to(bytes, put_two_frames(bytes, 1, 4), &t));
    end = put_two_frames(bytes, 1, 3);
    assert_false(read_to(bytes, end - 1, &t));
    le32_put(bytes + 1, UINT32_MAX);
    assert_false(read_to(bytes, end, &t));
}

static void test_a_video_is_all_fragments(void **state)
{
    uint8_t bytes[ROOM];
    struct frame_table t;

    (void)state;
    assert_true(read_to(
        bytes, put_entry(put_entry(put_head(bytes, FRAME_TABLE_STREAM, 1), 108, 40), 156, 50), &t));
    assert_int_equal(frame_table_extents(&t, 0), 2);
    assert_int_equal(frame_table_extents(&t, 1), 0);
    assert_extent(&t, 0, 1, 156, 50);
}

static void test_short_and_unknown_tables_are_refused(void **state)
{
    uint8_t bytes[ROOM];
    struct frame_table t;
    uint8_t *end = put_head(bytes, FRAME_TABLE_NONE, 3);

    (void)state;
    for (uint8_t *cut = bytes; cut < end; cut++)
        assert_false(read_to(bytes, cut, &t));
    assert_true(read_to(bytes, end, &t));
    assert_int_equal(frame_table_extents(&t, 0), 0);
    assert_false(
        frame_table_read(bytes, FRAME_TABLE_HEAD, (struct frame_extent){1500, 501}, 2000, &t));
    *bytes = FRAME_TABLE_STREAM + 1;
    assert_false(read_to(bytes, end, &t));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_native_frames_are_arithmetic),
        cmocka_unit_test(test_native_frames_end_with_the_pixel_data),
        cmocka_unit_test(test_fragments_are_entries),
        cmocka_unit_test(test_entries_lie_within_the_pixel_data),
        cmocka_unit_test(test_a_frame_has_several_fragments),
        cmocka_unit_test(test_frames_share_all_fragments_in_order),
        cmocka_unit_test(test_a_video_is_all_fragments),
        cmocka_unit_test(test_short_and_unknown_tables_are_refused),
    };

    return cmocka_run_group_tests_name("frame_table", tests, NULL, NULL);
}
