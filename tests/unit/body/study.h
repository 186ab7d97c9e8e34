/* SPDX-License-Identifier: MIT */
/*
 * A study of made-up files, for tests of the archive room.
 */
#ifndef WADOZIP_TESTS_UNIT_BODY_STUDY_H
#define WADOZIP_TESTS_UNIT_BODY_STUDY_H

#include "tests/unit/body/fixture.h"

/* Bytes that look like nothing in particular but are the same for the same
 * seed. */
static inline void fixture_fill(uint8_t *data, size_t len, uint32_t seed)
{
    for (size_t i = 0; i < len; i++) {
        seed = seed * 1664525 + 1013904223;
        data[i] = (uint8_t)(seed >> 24);
    }
}

/* A row of the catalogue for a file that lies in the root. */
static inline struct instance fixture_row(const struct fixture *f, const char *name, int32_t number)
{
    struct instance i = {
        .study_uid = "1.2.3",
        .series_uid = "1.2.3.1",
        .sop_uid = "1.2.3.1.1",
        .sop_class = "1.2.840.10008.5.1.4.1.1.2",
        .transfer_syntax = TRANSFER_SYNTAX_EXPLICIT_LE,
        .modality = "CT",
        .series_description = "Head",
        .part10 = true,
        .series_number = 1,
        .number = number,
        .root = "main",
        .path = name,
        .acquired = 20240229235958,
        .updated = 1700000000,
    };
    int fd = open(fixture_path(f, name), O_RDONLY);
    uint8_t data[4096];
    struct stat st;
    ssize_t n;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    i.mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    while ((n = read(fd, data, sizeof data)) > 0) {
        i.crc = crc_update(i.crc, data, (size_t)n);
        i.size += (uint64_t)n;
    }
    close(fd);
    return i;
}

/* `count` files of sizes that differ, of two series, planned; sizes may be 0.
 */
static inline void fixture_study(struct fixture *f, int count, size_t size)
{
    for (int n = 0; n < count; n++) {
        char name[32], sop[32];
        size_t len = size ? (size_t)n * 7919 % size + 1 : 0;
        uint8_t *data = malloc(len + 1);
        struct instance i;

        fixture_fill(data, len, (uint32_t)n);
        snprintf(name, sizeof name, "f%d", n);
        fixture_write(f, name, data, len);
        free(data);
        i = fixture_row(f, name, n < count / 2 ? n / 2 : n);
        snprintf(sop, sizeof sop, "1.2.3.1.%d", n + 1);
        i.sop_uid = sop;
        if (n >= count / 2) {
            i.series_uid = "1.2.3.2";
            i.series_number = INSTANCE_NO_NUMBER;
        }
        assert_ok(plan_add(&f->plan, f->store, &i, &f->e), &f->e);
    }
    content_init(&f->content, &f->progress, f->store, f->pool, &f->learn);
}

#endif
