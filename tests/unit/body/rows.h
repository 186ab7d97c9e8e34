/* SPDX-License-Identifier: MIT */
/*
 * Rows without files, for tests of the plan.
 */
#ifndef WADOZIP_TESTS_UNIT_BODY_ROWS_H
#define WADOZIP_TESTS_UNIT_BODY_ROWS_H

#include "tests/unit/body/fixture.h"

/* A row of which no file is looked at. */
static inline struct instance made_up(int32_t number)
{
    return (struct instance){
        .study_uid = "1.2",
        .series_uid = "1.2.1",
        .sop_uid = "1.2.1.1",
        .sop_class = "1.2.840.10008.5.1.4.1.1.2",
        .transfer_syntax = TRANSFER_SYNTAX_EXPLICIT_LE,
        .modality = "MR",
        .series_description = "T1 MPRAGE",
        .series_number = 3,
        .number = number,
        .part10 = true,
        .root = "main",
        .path = "a/b/c",
        .size = 1000,
        .mtime_ns = 5,
        .crc = 0x12345678,
        .acquired = 20240229120000,
        .updated = 1700000000,
    };
}

static inline void add(struct fixture *f, const struct instance *i)
{
    assert_ok(plan_add(&f->plan, f->store, i, &f->e), &f->e);
}

#endif
