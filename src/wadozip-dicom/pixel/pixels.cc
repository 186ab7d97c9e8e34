/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/pixels.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include "wadozip-dicom/pixel/codec.h"

extern "C" {
#include "base/le.h"
#include "dicom/transfer_syntax.h"
}

namespace {

constexpr uint64_t length_max = 0xfffffffe; /* largest length of a value (PS3.5 7.1.2) */
constexpr uint32_t table_max = 1 << 24;     /* offsets; readers of more frames can do without a
                                             * table */

/* Frames of one bit per pixel are joined without a gap; all others are whole
 * bytes. */
class BitJoiner {
public:
    BitJoiner(ResultSink &out, uint64_t bits) : out_(out), bits_(bits) {}

    void add(const Bytes &frame)
    {
        if (bits_ % 8 == 0) {
            out_.put(frame.data(), frame.size());
            return;
        }
        for (uint64_t i = 0; i < bits_; i++) {
            byte_ = static_cast<uint8_t>(byte_ | (frame[i / 8] >> i % 8 & 1) << used_);
            if (++used_ == 8)
                finish();
        }
    }

    void finish()
    {
        if (used_ > 0)
            out_.put(&byte_, 1);
        byte_ = 0;
        used_ = 0;
    }

private:
    ResultSink &out_;
    uint64_t bits_;
    uint8_t byte_ = 0;
    unsigned used_ = 0;
};

void put_item(ResultSink &out, uint32_t element, uint32_t length)
{
    out.put16(0xfffe);
    out.put16(element);
    out.put32(length);
}

constexpr uint64_t native_head = 12; /* bytes of tag, VR and length */

/* Return the size of the native value of an image, padded to an even length. */
uint64_t padded_value(const Image &image)
{
    const uint64_t bytes = image.native_bytes(), padded = bytes + bytes % 2;

    if (padded > length_max)
        throw Refusal("the pixel data is too long for an uncompressed transfer syntax");
    return padded;
}

void store_image(DcmItem &item, const Image &image, bool more_frames)
{
    image.store(item);
    if (more_frames &&
        item.putAndInsertString(DCM_NumberOfFrames, std::to_string(image.frames).c_str()).bad())
        throw Refusal("an attribute of the image cannot be changed");
}

}

Pixels::Pixels(DcmItem &item, DcmPixelData &element, const std::string &from, const std::string &to)
    : image_(Image::of(item)), frames_(item, element, image_), from_(from), to_(to),
      compress_(transfer_syntax_find(to.c_str())->encapsulated)
{
    more_ = frames_.count() > image_.frames;
    image_.frames = frames_.count();
    first_ = make(0, result_);
}

void Pixels::store(DcmItem &item) const
{
    store_image(item, result_, more_);
}

Bytes Pixels::make(uint32_t n, Image &image)
{
    Bytes data = frames_.get(n);

    image = image_;
    if (frames_.encapsulated())
        data = codec_decode(from_, image, data);
    return compress_ ? codec_encode(to_, image, data) : data;
}

Bytes Pixels::frame(uint32_t n)
{
    Image image;

    if (n == 0)
        return std::move(first_);
    Bytes data = make(n, image);

    if (image.frame_bits() != result_.frame_bits() || image.photometric != result_.photometric)
        throw Refusal("the frames of the pixel data are not of one kind");
    return data;
}

void Pixels::write(ResultSink &out)
{
    if (compress_)
        write_fragments(out);
    else
        write_native(out);
}

void Pixels::write_native(ResultSink &out)
{
    const uint64_t padded = padded_value(result_);

    out.put16(0x7fe0);
    out.put16(0x0010);
    out.put(result_.bits_allocated > 8 ? "OW\0" : "OB\0", 4);
    out.put32(static_cast<uint32_t>(padded));
    write_value(out);
}

uint64_t Pixels::native_value() const
{
    return padded_value(result_);
}

void Pixels::write_value(ResultSink &out)
{
    BitJoiner joiner(out, result_.frame_bits());

    for (uint32_t n = 0; n < image_.frames; n++)
        joiner.add(frame(n));
    joiner.finish();
    if (result_.native_bytes() % 2)
        out.put("", 1);
}

/*
 * Write one fragment per frame. The basic offset table is empty if offsets are
 * too large for it (PS3.5 A.4).
 */
void Pixels::write_fragments(ResultSink &out)
{
    const bool table =
        image_.frames > 1 && image_.frames <= table_max && image_.native_bytes() < 0xe0000000;
    const size_t entries = table ? image_.frames : 0;
    uint64_t table_at, start;
    Bytes offsets(entries * 4);

    out.put16(0x7fe0);
    out.put16(0x0010);
    out.put("OB\0", 4);
    out.put32(0xffffffff);
    put_item(out, 0xe000, static_cast<uint32_t>(offsets.size()));
    table_at = out.position();
    out.put(offsets.data(), offsets.size());
    start = out.position();
    for (uint32_t n = 0; n < image_.frames; n++) {
        const uint64_t offset = out.position() - start;
        Bytes data = frame(n);

        if (data.size() > length_max - 1 || (table && offset > UINT32_MAX))
            throw Refusal("the pixel data is too long when it is compressed");
        if (table)
            le32_put(&offsets[size_t{n} * 4], static_cast<uint32_t>(offset));
        if (data.size() % 2)
            data.push_back(0);
        put_item(out, 0xe000, static_cast<uint32_t>(data.size()));
        out.put(data.data(), data.size());
    }
    put_item(out, 0xe0dd, 0);
    out.patch(table_at, offsets.data(), offsets.size());
}

DcmPixelData *pixels_find(DcmItem &item)
{
    DcmElement *e = nullptr;

    if (item.findAndGetElement(DCM_PixelData, e).bad() || e->ident() != EVR_PixelData)
        return nullptr;
    DcmPixelData *pixels = static_cast<DcmPixelData *>(e);

    return frames_sequence(*pixels) || pixels->getLength() > 0 ? pixels : nullptr;
}

uint64_t pixels_size(DcmItem &item, DcmPixelData &element)
{
    if (!frames_sequence(element))
        return element.getLength();
    Image image = Image::of(item);

    image.frames = Frames(item, element, image).count();
    return image.native_bytes();
}

uint64_t pixels_measure(DcmItem &item, DcmPixelData &element, const std::string &from, bool decode)
{
    Image image = Image::of(item);
    const uint32_t declared = image.frames;
    Frames frames(item, element, image);

    image.frames = frames.count();
    if (codec_foresee(from, image, frames.beginning())) {
        store_image(item, image, image.frames > declared);
        return native_head + padded_value(image);
    }
    if (!decode)
        throw Refusal("a frame would have to be decompressed");
    Pixels pixels(item, element, from, TRANSFER_SYNTAX_EXPLICIT_LE);

    pixels.store(item);
    return native_head + pixels.native_value();
}

void pixels_check(DcmItem &item, const std::string &syntax)
{
    const struct transfer_syntax *stored = transfer_syntax_find(syntax.c_str());
    DcmPixelData *pixel_data = pixels_find(item);
    Uint16 bits = 0;

    if (item.ident() == EVR_dataset && stored && stored->encapsulated && pixel_data &&
        !frames_sequence(*pixel_data))
        throw Refusal(
            "the pixel data is not encapsulated, but its transfer syntax is a compressed one",
            HELPER_UNDECODABLE);

    if (syntax == TRANSFER_SYNTAX_EXPLICIT_BE && pixel_data &&
        item.findAndGetUint16(DCM_BitsAllocated, bits).good() && bits > 16)
        throw Refusal("the byte order of samples of more than 16 bits in Big Endian is unknown",
                      HELPER_UNDECODABLE);
}
