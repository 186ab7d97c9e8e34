/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/image.h"

#include <algorithm>

#include "dcmtk/dcmdata/dcdeftag.h"

#include "wadozip-dicom/dataset/find_elements.h"

namespace {

/* The attributes of an image, in tag order. */
enum Wanted {
    SAMPLES,
    PHOTOMETRIC,
    PLANAR,
    FRAMES,
    ROWS,
    COLUMNS,
    BITS_ALLOCATED,
    BITS_STORED,
    HIGH_BIT,
    REPRESENTATION,
    WANTED
};

constexpr std::array<uint32_t, WANTED> tags = {
    0x00280002, 0x00280004, 0x00280006, 0x00280008, 0x00280010,
    0x00280011, 0x00280100, 0x00280101, 0x00280102, 0x00280103,
};

uint32_t number(DcmElement *e, uint32_t absent)
{
    Uint16 v;

    return e && e->getUint16(v, 0).good() ? v : absent;
}

void set(DcmItem &item, const DcmTagKey &tag, uint32_t value)
{
    if (item.putAndInsertUint16(tag, static_cast<Uint16>(value)).bad())
        throw Refusal("an attribute of the image cannot be changed");
}

std::string trimmed(DcmElement *e)
{
    OFString s;

    if (e)
        e->getOFString(s, 0);
    while (!s.empty() && (s[s.size() - 1] == ' ' || s[s.size() - 1] == '\0'))
        s.erase(s.size() - 1);
    return std::string(s.data(), s.size());
}

}

Image Image::of(DcmItem &item)
{
    const std::array<DcmElement *, WANTED> found = find_elements(item, tags);
    Image i;
    Sint32 frames;

    i.rows = number(found[ROWS], 0);
    i.columns = number(found[COLUMNS], 0);
    i.samples = number(found[SAMPLES], 1);
    i.bits_allocated = number(found[BITS_ALLOCATED], 0);
    i.bits_stored = number(found[BITS_STORED], i.bits_allocated);
    i.high_bit = number(found[HIGH_BIT], i.bits_stored ? i.bits_stored - 1 : 0);
    i.is_signed = number(found[REPRESENTATION], 0) == 1;
    i.photometric = trimmed(found[PHOTOMETRIC]);
    i.by_plane = i.samples > 1 && !i.is_422() && number(found[PLANAR], 0) == 1;
    if (found[FRAMES] && found[FRAMES]->getSint32(frames, 0).good() && frames > 0)
        i.frames = static_cast<uint32_t>(frames);
    if (!i.rows || !i.columns || (i.samples != 1 && i.samples != 3 && i.samples != 4))
        throw Refusal("the image's Rows, Columns or Samples per Pixel are missing or impossible");
    if (i.bits_allocated == 1
            ? i.samples != 1
            : (i.bits_allocated % 8 || !i.bits_allocated || i.bits_allocated > 64))
        throw Refusal("the image's Bits Allocated are missing or impossible");
    if (!i.bits_stored || i.bits_stored > i.bits_allocated)
        throw Refusal("the image's Bits Stored are impossible");
    return i;
}

void Image::store(DcmItem &item) const
{
    set(item, DCM_SamplesPerPixel, samples);
    if (item.putAndInsertString(DCM_PhotometricInterpretation, photometric.c_str()).bad())
        throw Refusal("an attribute of the image cannot be changed");
    if (samples > 1)
        set(item, DCM_PlanarConfiguration, by_plane);
    set(item, DCM_BitsAllocated, bits_allocated);
    set(item, DCM_BitsStored, bits_stored);
    set(item, DCM_HighBit, high_bit);
}

uint64_t Image::native_bytes() const
{
    /* A frame has at most 2^40 bits: Rows and Columns are numbers of 16 bits.
     */
    if (frames > (UINT64_MAX >> 1) / frame_bits())
        throw Refusal("the image's attributes require more pixel data than a file can contain");
    return (frame_bits() * frames + 7) / 8;
}

int32_t image_sample(const Image &image, const Bytes &frame, size_t i)
{
    int32_t v = image.bits_allocated == 8 ? frame[i] : frame[2 * i] | frame[2 * i + 1] << 8;

    if (!image.is_signed)
        return v;
    return image.bits_allocated == 8 ? static_cast<int8_t>(v) : static_cast<int16_t>(v);
}

SampleRange image_range(const Image &image, const Bytes &frame)
{
    SampleRange r = {image_sample(image, frame, 0), image_sample(image, frame, 0)};

    for (size_t i = 0; i < image.pixels() * image.samples; i++) {
        r.least = std::min(r.least, image_sample(image, frame, i));
        r.most = std::max(r.most, image_sample(image, frame, i));
    }
    return r;
}

void image_interleave(Image &image, Bytes &frame)
{
    size_t width = image.bits_allocated / 8, n = image.pixels();
    Bytes mixed(frame.size());
    uint8_t *to = mixed.data();

    if (!image.by_plane)
        return;
    for (size_t i = 0; i < n; i++)
        for (size_t s = 0; s < image.samples; s++)
            for (size_t b = 0; b < width; b++)
                *to++ = frame[(s * n + i) * width + b];
    frame.swap(mixed);
    image.by_plane = false;
}

void image_expand_422(Image &image, Bytes &frame)
{
    Bytes full;

    if (image.bits_allocated != 8 || image.columns % 2 || frame.size() < image.pixels() * 2)
        throw Refusal("colour in 4:2:2 with an odd width or more than 8 bits cannot be converted");
    full.reserve(image.pixels() * 3);
    for (size_t i = 0; i + 3 < image.pixels() * 2; i += 4) { /* Y1 Y2 Cb Cr (PS3.3 C.7.6.3.1.2) */
        full.insert(full.end(), {frame[i], frame[i + 2], frame[i + 3]});
        full.insert(full.end(), {frame[i + 1], frame[i + 2], frame[i + 3]});
    }
    frame.swap(full);
    image_call_full(image);
}

void image_call_full(Image &image)
{
    if (image.photometric == "YBR_PARTIAL_422")
        throw Refusal("colour in YBR_PARTIAL_422 cannot be converted");
    if (image.is_422())
        image.photometric = "YBR_FULL";
}

void image_extend_sign(const Image &image, Bytes &frame, uint32_t bits)
{
    if (!image.is_signed || bits == 0 || bits >= image.bits_allocated)
        return;
    const size_t width = image.bits_allocated / 8, first = (bits - 1) / 8;
    const uint8_t sign = static_cast<uint8_t>(1 << (bits - 1) % 8),
                  above = static_cast<uint8_t>(0xfe << (bits - 1) % 8);

    for (size_t at = 0; at + width <= frame.size(); at += width) {
        if (frame[at + first] & above)
            return;
        for (size_t b = first + 1; b < width; b++)
            if (frame[at + b])
                return;
    }
    for (size_t at = 0; at + width <= frame.size(); at += width) {
        if (!(frame[at + first] & sign))
            continue;
        frame[at + first] |= above;
        for (size_t b = first + 1; b < width; b++)
            frame[at + b] = 0xff;
    }
}
