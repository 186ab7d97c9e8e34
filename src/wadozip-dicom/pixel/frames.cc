/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/frames.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include <algorithm>

namespace {

using Offsets = std::vector<uint64_t>;

/* The basic offset table is a fragment of 32-bit numbers. */
Offsets basic_offsets(const Bytes &b)
{
    Offsets offsets;

    for (size_t i = 0; i + 3 < b.size(); i += 4)
        offsets.push_back(b[i] | b[i + 1] << 8 | b[i + 2] << 16 |
                          static_cast<uint64_t>(b[i + 3]) << 24);
    return offsets;
}

Offsets extended_offsets(DcmItem &item)
{
    DcmElement *e = nullptr;
    Uint64 *numbers = nullptr;

    if (item.findAndGetElement(DCM_ExtendedOffsetTable, e).bad() ||
        e->getUint64Array(numbers).bad() || !numbers)
        return {};
    return Offsets(numbers, numbers + e->getLength() / sizeof *numbers);
}

constexpr Uint32 start_size = 8;

/*
 * Return whether the bytes start a frame: JPEG and JPEG-LS (SOI), JPEG 2000
 * (SOC and SIZ, or the signature box), RLE (number of segments, and the first
 * offset after the table). None of these occurs in an entropy-coded segment of
 * JPEG or JPEG-LS.
 */
bool is_start(const Bytes &s)
{
    static const uint8_t box[] = {0, 0, 0, 12, 'j', 'P', ' ', ' '};

    if (s.size() < start_size)
        return false;
    return (s[0] == 0xff && s[1] == 0xd8) ||
           (s[0] == 0xff && s[1] == 0x4f && s[2] == 0xff && s[3] == 0x51) ||
           std::equal(s.begin(), s.end(), box) ||
           (s[0] > 0 && s[0] < 16 && !s[1] && !s[2] && !s[3] && s[4] == 64 && !s[5] && !s[6] &&
            !s[7]);
}

}

DcmPixelSequence *frames_sequence(DcmPixelData &pixels)
{
    E_TransferSyntax xfer = EXS_Unknown;
    const DcmRepresentationParameter *parameter = nullptr;
    DcmPixelSequence *sequence = nullptr;

    pixels.getOriginalRepresentationKey(xfer, parameter);
    if (pixels.getEncapsulatedRepresentation(xfer, parameter, sequence).bad())
        return nullptr;
    return sequence;
}

Frames::Frames(DcmItem &item, DcmPixelData &pixels, const Image &image)
    : pixels_(pixels), sequence_(frames_sequence(pixels)), image_(image)
{
    for (DcmObject *o = nullptr; sequence_ && (o = sequence_->nextInContainer(o));)
        items_.push_back(static_cast<DcmPixelItem *>(o));
    if (sequence_)
        assign_fragments(item);
    else
        count_native();
}

/* Bytes after the last frame are padding if they are zero and fewer than a
 * frame. */
void Frames::count_native()
{
    const uint64_t length = pixels_.getLength(), whole = length * 8 / image_.frame_bits();

    if (whole < image_.frames)
        throw Refusal("the pixel data is shorter than the image's attributes say");
    if (image_.is_422() &&
        image_.pixels() * image_.samples * image_.bits_allocated / 8 * image_.frames <= length)
        throw Refusal("the pixel data is longer than colour in 4:2:2");
    if (image_.native_bytes() + 1 >= length)
        return;
    if (image_.bits_allocated % 8)
        throw Refusal("the pixel data is longer than the image's attributes say");
    image_.frames = static_cast<uint32_t>(whole);
    check_rest(image_.native_bytes());
}

void Frames::check_rest(uint64_t from)
{
    Bytes part;

    for (uint64_t length = pixels_.getLength(); from < length; from += part.size()) {
        part.resize(std::min<uint64_t>(length - from, 65536));
        if (pixels_
                .getPartialValue(part.data(), static_cast<Uint32>(from),
                                 static_cast<Uint32>(part.size()), &cache_)
                .bad())
            throw Refusal("the pixel data cannot be read");
        if (std::any_of(part.begin(), part.end(), [](uint8_t b) { return b != 0; }))
            throw Refusal("the pixel data ends with a part of a frame");
    }
}

/*
 * The starts of frames are more reliable than a table or an attribute that does
 * not count all of them.
 */
void Frames::assign_fragments(DcmItem &item)
{
    const size_t last = items_.size();

    if (last < 2)
        throw Refusal("the pixel data has no fragment");
    if (last - 1 == image_.frames)
        for (size_t i = 1; i <= last; i++)
            first_.push_back(i);
    else if (!assign_by_starts() && !assign_by_table(basic_offsets(fragment(0))) &&
             !assign_by_table(extended_offsets(item))) {
        if (image_.frames > 1)
            throw Refusal("the fragments cannot be assigned to frames");
        first_ = {1, last};
    }
    image_.frames = static_cast<uint32_t>(first_.size() - 1);
}

/*
 * A table has the offset of each frame's first fragment, relative to the first
 * fragment's item (PS3.5 A.4).
 */
bool Frames::assign_by_table(const std::vector<uint64_t> &offsets)
{
    uint64_t at = 0;

    if (offsets.size() < image_.frames)
        return false;
    first_.clear();
    for (size_t i = 1; i < items_.size(); i++) {
        if (first_.size() < offsets.size() && offsets[first_.size()] == at)
            first_.push_back(i);
        at += 8 + items_[i]->getLength();
    }
    first_.push_back(items_.size());
    return first_.size() == offsets.size() + 1 && first_[0] == 1;
}

bool Frames::assign_by_starts()
{
    first_.clear();
    for (size_t i = 1; i < items_.size(); i++)
        if (is_start(fragment(i, start_size)))
            first_.push_back(i);
    first_.push_back(items_.size());
    return first_.size() > image_.frames && first_[0] == 1;
}

/* Return a fragment's bytes, or only the first ones. */
Bytes Frames::fragment(size_t index, uint32_t most)
{
    DcmPixelItem &item = *items_[index];
    uint32_t n = std::min<Uint32>(item.getLength(), most);
    Bytes data(n);

    if (n > 0 && item.getPartialValue(data.data(), 0, n, &cache_).bad())
        throw Refusal("a fragment of the pixel data cannot be read");
    return data;
}

/*
 * Frames of one bit per pixel follow without a gap, so one can start within a
 * byte (PS3.5 8.1.1).
 */
Bytes Frames::native(uint32_t n)
{
    uint64_t from = image_.frame_bits() * n, bits = image_.frame_bits(), shift = from % 8;
    uint64_t bytes = (shift + bits + 7) / 8;
    Bytes data(bytes + 1);

    if (pixels_
            .getPartialValue(data.data(), static_cast<Uint32>(from / 8), static_cast<Uint32>(bytes),
                             &cache_)
            .bad())
        throw Refusal("the pixel data cannot be read");
    for (uint64_t i = 0; shift && i < bytes; i++)
        data[i] = static_cast<uint8_t>((data[i] | data[i + 1] << 8) >> shift);
    data.resize(image_.frame_bytes());
    return data;
}

Bytes Frames::get(uint32_t n)
{
    Bytes data;

    if (!sequence_)
        return native(n);
    for (size_t i = first_[n]; i < first_[n + 1]; i++) {
        Bytes part = fragment(i);

        data.insert(data.end(), part.begin(), part.end());
    }
    return data;
}
