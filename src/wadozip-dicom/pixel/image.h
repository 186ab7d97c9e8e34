/* SPDX-License-Identifier: MIT */
/* The Image Pixel attributes (PS3.3 C.7.6.3), which describe pixel data. */
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
    explicit Refusal(const std::string &why, enum helper_class as = HELPER_REFUSED)
        : std::runtime_error(why), as_(as)
    {
    }

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

    /* Read the attributes. Throws Refusal if they are missing or inconsistent.
     */
    static Image of(DcmItem &item);

    /* Write the attributes that a conversion can change (not the number of
     * frames). */
    void store(DcmItem &item) const;

    uint64_t pixels() const { return static_cast<uint64_t>(rows) * columns; }
    bool is_422() const
    {
        return samples == 3 && (photometric == "YBR_FULL_422" || photometric == "YBR_PARTIAL_422");
    }

    /* Return the bits of a native frame. In 4:2:2 colour two pixels share their
     * chrominance. */
    uint64_t frame_bits() const { return pixels() * (is_422() ? 2 : samples) * bits_allocated; }
    uint64_t frame_bytes() const { return (frame_bits() + 7) / 8; }

    /* Return the bytes of all frames as native pixel data, without padding.
     * Throws Refusal if no file could contain them. */
    uint64_t native_bytes() const;

    /* Return the bits of a sample in a lossless codestream. Readers treat 8
     * bits as a byte, regardless of Bits Allocated, and many do not support
     * fewer. */
    uint32_t lossless_bits() const { return bits_stored > 8 ? bits_stored : bits_allocated; }
};

/* Return sample i of a frame of 8 or 16 bits, pixel by pixel. */
int32_t image_sample(const Image &image, const Bytes &frame, size_t i);

struct SampleRange {
    int32_t least, most;
};

/* Return the range of all samples of such a frame. */
SampleRange image_range(const Image &image, const Bytes &frame);

/* Reorder one frame's samples from planes to pixels. image.by_plane becomes
 * false. */
void image_interleave(Image &image, Bytes &frame);

/*
 * Extend the sign of samples decoded with `bits` bits to all upper bits,
 * because some readers ignore Bits Stored. A frame that uses those bits
 * otherwise is not changed.
 */
void image_extend_sign(const Image &image, Bytes &frame, uint32_t bits);

/*
 * Expand one frame of native 4:2:2 colour by repeating chrominance for both
 * pixels: YBR_FULL, without changing samples.
 */
void image_expand_422(Image &image, Bytes &frame);

/*
 * Codecs return all samples of colour, also if the attributes say 4:2:2: that
 * becomes YBR_FULL. Throws Refusal for YBR_PARTIAL_422, which has no
 * counterpart with all samples (PS3.3 C.7.6.3.1.2).
 */
void image_call_full(Image &image);

#endif
