#include "dicom/helper/pixels.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include "dicom/helper/codec.h"

extern "C" {
#include "dicom/transfer_syntax.h"
}

namespace {

/* Frames of one bit a pixel are joined without a gap; all others are whole bytes. */
class BitJoiner {
public:
    BitJoiner(Sink &out, uint64_t bits) : out_(out), bits_(bits) {}

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
    Sink &out_;
    uint64_t bits_;
    uint8_t byte_ = 0;
    unsigned used_ = 0;
};

void put_item(Sink &out, uint32_t element, uint32_t length)
{
    out.put16(0xfffe);
    out.put16(element);
    out.put32(length);
}

}

Pixels::Pixels(DcmItem &item, DcmPixelData &element, const std::string &from, const std::string &to)
    : image_(Image::of(item)), frames_(item, element, image_), from_(from), to_(to),
      compress_(transfer_syntax_find(to.c_str())->encapsulated)
{
    first_ = make(0, result_);
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

void Pixels::write(Sink &out)
{
    if (compress_)
        write_fragments(out);
    else
        write_native(out);
}

void Pixels::write_native(Sink &out)
{
    uint64_t padded = value_bytes() + value_bytes() % 2;

    if (padded > 0xfffffffe)
        throw Refusal("the pixel data is too long for an uncompressed transfer syntax");
    out.put16(0x7fe0);
    out.put16(0x0010);
    out.put(result_.bits_allocated > 8 ? "OW\0" : "OB\0", 4);
    out.put32(static_cast<uint32_t>(padded));
    write_value(out);
}

void Pixels::write_value(Sink &out)
{
    BitJoiner joiner(out, result_.frame_bits());

    for (uint32_t n = 0; n < image_.frames; n++)
        joiner.add(frame(n));
    joiner.finish();
    if (value_bytes() % 2)
        out.put("", 1);
}

/* One fragment a frame. Offsets that are too large for the basic table leave it empty (PS3.5 A.4). */
void Pixels::write_fragments(Sink &out)
{
    bool table = image_.frames > 1 && image_.frame_bytes() * image_.frames < 0xe0000000;
    uint64_t table_at, start;
    Bytes offsets;

    out.put16(0x7fe0);
    out.put16(0x0010);
    out.put("OB\0", 4);
    out.put32(0xffffffff);
    put_item(out, 0xe000, table ? image_.frames * 4 : 0);
    table_at = out.position();
    offsets.resize(table ? image_.frames * 4 : 0);
    out.put(offsets.data(), offsets.size());
    start = out.position();
    for (uint32_t n = 0; n < image_.frames; n++) {
        Bytes data = frame(n);

        if (table)
            for (unsigned b = 0; b < 4; b++)
                offsets[n * 4 + b] = static_cast<uint8_t>((out.position() - start) >> 8 * b);
        data.resize(data.size() + data.size() % 2);
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
    return static_cast<DcmPixelData *>(e);
}

uint64_t pixels_size(DcmItem &item, DcmPixelData &element)
{
    if (!frames_sequence(element))
        return element.getLength();
    Image image = Image::of(item);

    return image.frame_bytes() * image.frames;
}

void pixels_check(DcmItem &item, const std::string &syntax)
{
    const struct transfer_syntax *stored = transfer_syntax_find(syntax.c_str());
    DcmPixelData *pixel_data = pixels_find(item);
    Uint16 bits = 0;

    if (item.ident() == EVR_dataset && stored && stored->encapsulated && pixel_data && !frames_sequence(*pixel_data))
        throw Refusal("the pixel data is not encapsulated, but its transfer syntax is a compressed one", PROC_UNDECODABLE);

    if (syntax == TRANSFER_SYNTAX_EXPLICIT_BE && pixel_data &&
        item.findAndGetUint16(DCM_BitsAllocated, bits).good() && bits > 16)
        throw Refusal("the byte order of samples of more than 16 bits in Big Endian cannot be told", PROC_UNDECODABLE);
}
