/* SPDX-License-Identifier: MIT */
/* An instance made by hand, and what is asked of it, for tests of metadata. */
#ifndef WADOZIP_TESTS_UNIT_HELPER_METADATA_H
#define WADOZIP_TESTS_UNIT_HELPER_METADATA_H

#include "base/io.h"
#include "dicom/transfer_syntax.h"
#include "helper/helper_pool.h"
#include "tests/unit/helper/pool.h"

#define MEMORY ((uint64_t)256 << 20)
#define ADDRESS "https://example.org/dicom-web/studies/1.2.3/series/1.2.4/instances/1.2.5/bulkdata/"

struct data {
    size_t len;
    const char *bytes;
};

#define DATA(text) ((struct data){sizeof(text) - 1, text})

/* An instance with the elements: `first` of groups up to 0018, `last` behind
 * the UIDs. */
static inline int file_of(const char *syntax, struct data first, struct data last)
{
    static const char preamble[128] = "";
    static const char meta[] = "DICM\2\0\x10\0UI\x14\0";
    static const char classes[] = "\x08\0\x16\0UI\4\0" "1.2\0" "\x08\0\x18\0UI\6\0" "1.2.5\0";
    static const char uids[] = "\x20\0\x0d\0UI\6\0" "1.2.3\0" "\x20\0\x0e\0UI\6\0" "1.2.4\0";
    static const char classes_implicit[] = "\x08\0\x16\0\4\0\0\0"
                                           "1.2\0"
                                           "\x08\0\x18\0\6\0\0\0"
                                           "1.2.5\0";
    static const char uids_implicit[] = "\x20\0\x0d\0\6\0\0\0"
                                        "1.2.3\0"
                                        "\x20\0\x0e\0\6\0\0\0"
                                        "1.2.4\0";
    bool implicit = strcmp(syntax, TRANSFER_SYNTAX_IMPLICIT_LE) == 0;
    char uid[20] = "";
    int fd = memfd_create("made", MFD_CLOEXEC);

    snprintf(uid, sizeof uid, "%s", syntax);
    assert_int_equal(io_write(fd, preamble, sizeof preamble), 0);
    assert_int_equal(io_write(fd, meta, sizeof meta - 1), 0);
    assert_int_equal(io_write(fd, uid, sizeof uid), 0);
    assert_int_equal(implicit ? io_write(fd, classes_implicit, sizeof classes_implicit - 1)
                              : io_write(fd, classes, sizeof classes - 1), 0);
    assert_int_equal(io_write(fd, first.bytes, first.len), 0);
    assert_int_equal(implicit ? io_write(fd, uids_implicit, sizeof uids_implicit - 1)
                              : io_write(fd, uids, sizeof uids - 1),
                     0);
    assert_int_equal(io_write(fd, last.bytes, last.len), 0);
    return fd;
}

static inline struct helper_result ask(struct helper_pool *p, enum helper_job_kind kind, int fd)
{
    struct err e = ERR_INIT;

    assert_ok(helper_pool_submit(p, kind, fd, "https://example.org/dicom-web", 5, &e), &e);
    return pool_result(p);
}

#endif
