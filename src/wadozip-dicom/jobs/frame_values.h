/* SPDX-License-Identifier: MIT */
/* Uncompressed frames: the `frames` job. */
#ifndef WADOZIP_DICOM_JOBS_FRAME_VALUES_H
#define WADOZIP_DICOM_JOBS_FRAME_VALUES_H

#include "helper/protocol.h"
#include "wadozip-dicom/io/load.h"
#include "wadozip-dicom/pixel/frames.h"

/* Writes the frames of the file behind `fd` that `list` names, numbered from 1
 * and separated by commas, one after the other as Explicit VR Little Endian has
 * them. Each begins with a byte, also if it has one bit a pixel. As
 * result_make() does; the class is HELPER_ABSENT if there is no such frame,
 * HELPER_UNDECODABLE if it cannot be uncompressed. */
int frame_values_file(int fd, int spool, const char *list, struct protocol_reply *reply);

/* The frames of the top-level pixel data, which can be decoded. */
class Decoder {
public:
    /* Throws Refusal. */
    explicit Decoder(Loaded &file);

    const Image &image() const { return image_; }
    uint32_t count() const { return frames_.count(); }

    /* Frame n (from 0) without compression; *image becomes what it is then.
     * Throws Refusal. */
    Bytes get(uint32_t n, Image *image);

private:
    std::string syntax_;
    DcmPixelData &pixels_;
    Image image_;
    Frames frames_;
};

#endif
