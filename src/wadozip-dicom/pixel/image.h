/* SPDX-License-Identifier: MIT */
/* The Image Pixel attributes (PS3.3 C.7.6.3) that say how pixel data is to be understood. */
#ifndef WADOZIP_DICOM_PIXEL_IMAGE_H
#define WADOZIP_DICOM_PIXEL_IMAGE_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcitem.h"

#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "helper/description.h"

/* A job that cannot be done; what() is a sentence for the operator. */
class Refusal : public std::runtime_error {
public:
    explicit Refusal(const std::string &why, enum helper_class as = HELPER_REFUSED) : std::runtime_error(why), as_(as) {}

    enum helper_class as() const { return as_; }

private:
    enum helper_class as_;
};

using Bytes = std::vector<uint8_t>;

struct Image {
    uint32_t rows = 0, columns = 0, samples = 1, frames = 1;
    uint32_t bits_allocated = 0, bits_stored = 0, high_bit = 0;
    bool is_signed = false, by_plane = false;
    std::string photometric;

    /* Reads the attributes; throws Refusal when they are missing or contradict each other. */
    static Image of(DcmItem &item);

    /* Writes those that a conversion may change (not the number of frames). */
    void store(DcmItem &item) const;

    uint64_t pixels() const { return static_cast<uint64_t>(rows) * columns; }
    bool is_422() const { return samples == 3 && (photometric == "YBR_FULL_422" || photometric == "YBR_PARTIAL_422"); }

    /* Bits of a frame as it lies in native pixel data; with 4:2:2 colour two pixels share their chrominance. */
    uint64_t frame_bits() const { return pixels() * (is_422() ? 2 : samples) * bits_allocated; }
    uint64_t frame_bytes() const { return (frame_bits() + 7) / 8; }

    /* Bytes of all frames as native pixel data, without padding. Throws Refusal if that is more than any file can hold. */
    uint64_t native_bytes() const;

    /* Bits of a sample in a lossless codestream: readers take 8 for a byte, whatever is allocated, and many know no fewer. */
    uint32_t lossless_bits() const { return bits_stored > 8 ? bits_stored : bits_allocated; }
};

/* Sample i of a frame of 8 or 16 bits, pixel by pixel. */
int32_t image_sample(const Image &image, const Bytes &frame, size_t i);

struct SampleRange {
    int32_t least, most;
};

/* Of all samples of such a frame. */
SampleRange image_range(const Image &image, const Bytes &frame);

/* One frame's samples, pixel by pixel instead of plane by plane; image.by_plane becomes false. */
void image_interleave(Image &image, Bytes &frame);

/*
 * Gives signed samples that came out of a codec with `bits` bits their sign in all bits above, where readers that do
 * not look at Bits Stored expect it. A frame that uses those bits for something else is left alone.
 */
void image_extend_sign(const Image &image, Bytes &frame, uint32_t bits);

/* One frame of native 4:2:2 colour with its chrominance repeated for both pixels: YBR_FULL, no sample is changed. */
void image_expand_422(Image &image, Bytes &frame);

/*
 * A codec gives every sample of colour, also where the attributes call it 4:2:2: that becomes YBR_FULL. Throws Refusal for
 * YBR_PARTIAL_422, which has no name with all its samples (PS3.3 C.7.6.3.1.2).
 */
void image_call_full(Image &image);

#endif
