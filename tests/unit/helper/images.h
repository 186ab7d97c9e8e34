/* SPDX-License-Identifier: MIT */
/* Made-up files for wadozip-dicom. */
#ifndef WADOZIP_TESTS_UNIT_HELPER_IMAGES_H
#define WADOZIP_TESTS_UNIT_HELPER_IMAGES_H

#include "tests/unit/helper/results.h"

/* Implicit VR Little Endian: preamble, meta header, then `data`. */
static inline int implicit_file(const void *data, size_t len)
{
    static const char head[] =
        "DICM\x02\0\x10\0UI\x12\0"
        "1.2.840.10008.1.2\0"
        "\x08\0\0\0\x04\0\0\0\x99\0\0\0" /* a group length, wrong as always */
        "\x08\0\x16\0\x1a\0\0\0"
        "1.2.840.10008.5.1.4.1.1.7\0"
        "\x08\0\x18\0\x08\0\0\0"
        "2.25.12\0";
    char preamble[128] = "II*";
    int fd = memfd_create("implicit", MFD_CLOEXEC);

    assert_int_equal(io_write(fd, preamble, sizeof preamble), 0);
    assert_int_equal(io_write(fd, head, sizeof head - 1), 0);
    assert_int_equal(io_write(fd, data, len), 0);
    return fd;
}

/* A native image of zero pixels in a sparse file. */
static inline int image_file(uint32_t frames, uint16_t rows, uint16_t columns)
{
    uint64_t bytes = (uint64_t)frames * rows * columns * 2;
    char count[16];
    uint8_t data[256], *to = data;
    const struct {
        uint16_t element, value;
    } numbers[] = {{0x02, 1},   {0x10, rows}, {0x11, columns}, {0x100, 16},
                   {0x101, 16}, {0x102, 15},  {0x103, 0}};
    int fd;

    snprintf(count, sizeof count, "%-8u", frames);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const uint8_t head[] = {
            0x28, 0, (uint8_t)numbers[i].element, (uint8_t)(numbers[i].element >> 8), 2, 0,
            0,    0, (uint8_t)numbers[i].value,   (uint8_t)(numbers[i].value >> 8)};

        if (numbers[i].element == 0x10)
            to =
                mempcpy(mempcpy(to, "\x28\0\x04\0\x0c\0\0\0MONOCHROME2 \x28\0\x08\0\x08\0\0\0", 28),
                        count, 8);
        to = mempcpy(to, head, sizeof head);
    }
    to = mempcpy(to, "\xe0\x7f\x10\0", 4);
    for (unsigned b = 0; b < 4; b++)
        *to++ = (uint8_t)(bytes >> 8 * b);
    fd = implicit_file(data, (size_t)(to - data));
    assert_int_equal(ftruncate(fd, lseek(fd, 0, SEEK_END) + (off_t)bytes), 0);
    return fd;
}

#endif
