/* SPDX-License-Identifier: MIT */
/* The smallest DICOM file that is an instance. */
#ifndef WADOZIP_TESTS_UNIT_HELPER_SMALL_H
#define WADOZIP_TESTS_UNIT_HELPER_SMALL_H

#include <sys/mman.h>
#include <unistd.h>

#include "tests/unit/unit.h"

/* A small data set in Explicit VR Little Endian with all that an instance
 * needs, in a file of its own without a name. */
static inline int pool_small(const char *sop_uid)
{
    char data[1024] = {0};
    size_t n = 132;
    int fd = memfd_create("small", MFD_CLOEXEC);
    const struct { uint16_t group, element; const char *vr, *value;
    } rows[] = {
        {2, 0x10, "UI", "1.2.840.10008.1.2.1"},
        {8, 0x16, "UI", "1.2.840.10008.5.1.4.1.1.7"},
        {8, 0x18, "UI", sop_uid},
        {8, 0x60, "CS", "OT"},
        {0x20, 0xd, "UI", "2.25.10"},
        {0x20, 0xe, "UI", "2.25.11"},
        {0x20, 0x13, "IS", "7"},
    };

    memcpy(data + 128, "DICM", 4);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t len = (strlen(rows[i].value) + 1) & ~(size_t)1;
        uint8_t head[8] = {(uint8_t)rows[i].group,
                           0,
                           (uint8_t)rows[i].element,
                           0,
                           (uint8_t)rows[i].vr[0],
                           (uint8_t)rows[i].vr[1],
                           (uint8_t)len,
                           0};

        memcpy(data + n, head, sizeof head);
        memcpy(data + n + sizeof head, rows[i].value, strlen(rows[i].value));
        n += sizeof head + len;
    }
    assert_int_equal(write(fd, data, n), (ssize_t)n);
    return fd;
}

#endif
