/* SPDX-License-Identifier: MIT */
/* Headers of de-identified members: new bytes before and after the pixel data
 * of a file. */
#ifndef WADOZIP_BODY_SPLICES_H
#define WADOZIP_BODY_SPLICES_H

#include <stdbool.h>
#include <stdint.h>

struct splice {
    uint64_t at;         /* offset in the file of headers */
    uint64_t head, tail; /* bytes before the file's pixel data, and after it */
    uint32_t head_crc, tail_crc;
    bool pixels;         /* the file's pixel data lies between */
};

struct splices {
    int fd;            /* the headers, in an unnamed file; valid if `of` is not null */
    uint64_t size;     /* of it */
    struct splice *of; /* one per member of the plan; null: not made */
};

void splices_release(struct splices *s);

#endif
