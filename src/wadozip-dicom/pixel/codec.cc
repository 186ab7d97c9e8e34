/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/codec.h"

#include <algorithm>
#include <zlib.h>

extern "C" {
#include "base/le.h"
#include "dicom/transfer_syntax.h"
}

#define JPEG TRANSFER_SYNTAX_IMPLICIT_LE ".4."

namespace {

constexpr size_t rle_segments_max = 15; /* entries in the header of a frame (PS3.5 G.5) */
constexpr uint64_t frame_max = 0xfffffffe;

/* More bytes than padding after a frame would be pixels that the attributes do
 * not describe. */
void check_rest(const uint8_t *from, const uint8_t *end)
{
    if (std::any_of(from, end, [](uint8_t b) { return b != 0; }))
        throw Refusal("a compressed frame holds more than one frame");
}

/* Expand one RLE segment (PS3.5 G.3), at most `room` bytes in steps of
 * `stride`. */
void expand_segment(const uint8_t *s, const uint8_t *end, uint8_t *to, size_t room, size_t stride)
{
    while (s < end && room > 0) {
        int8_t n = static_cast<int8_t>(*s++);
        size_t count = n >= 0 ? static_cast<size_t>(n) + 1 : static_cast<size_t>(1 - n);

        if (n == -128)
            continue;
        for (count = count < room ? count : room; count > 0 && s < end;
             count--, room--, to += stride) {
            *to = *s;
            s += n >= 0;
        }
        s += n < 0;
    }
    if (room > 0)
        throw Refusal("RLE data ends early");
}

/* Segments contain the bytes of each sample, highest first, sample by sample
 * (PS3.5 G.2). */
Bytes decode_rle(Image &image, const Bytes &data)
{
    size_t width = image.bits_allocated == 1 ? 1 : image.bits_allocated / 8;
    size_t segments = image.samples * width, stride = segments;
    size_t each = image.bits_allocated == 1 ? image.frame_bytes() : image.pixels();
    Bytes frame(each * segments);

    image_call_full(image);
    if (segments > rle_segments_max || data.size() < 64 || le32_get(data.data()) != segments)
        throw Refusal("RLE data has another number of segments than the image needs");
    for (size_t i = 0; i < segments; i++) {
        uint32_t from = le32_get(&data[4 + 4 * i]),
                 to = i + 1 < segments ? le32_get(&data[8 + 4 * i]) : 0;
        size_t end = to ? to : data.size(), sample = i / width, byte = width - 1 - i % width;

        if (from < 64 || from > end || end > data.size())
            throw Refusal("RLE data has a broken table of segments");
        expand_segment(data.data() + from, data.data() + end, &frame[sample * width + byte], each,
                       stride);
    }
    image.by_plane = false;
    return frame;
}

Bytes decode_deflated(Image &image, const Bytes &data)
{
    Bytes frame(image.frame_bytes() + 1); /* one byte for padding, which some writers add */
    z_stream z = {};
    int rc = inflateInit2(&z, -MAX_WBITS);

    z.next_in = const_cast<uint8_t *>(data.data());
    z.avail_in = static_cast<uInt>(data.size());
    z.next_out = frame.data();
    z.avail_out = static_cast<uInt>(frame.size());
    rc = rc == Z_OK ? inflate(&z, Z_FINISH) : rc;
    inflateEnd(&z);
    if (rc != Z_STREAM_END || z.total_out < image.frame_bytes())
        throw Refusal("a deflated frame is damaged or has another size than the image");
    check_rest(z.next_in, data.data() + data.size());
    frame.resize(image.frame_bytes());
    return frame;
}

Bytes decode_plain(Image &image, const Bytes &data)
{
    if (data.size() < image.frame_bytes())
        throw Refusal("a frame is shorter than the image's attributes say");
    check_rest(data.data() + image.frame_bytes(), data.data() + data.size());
    return Bytes(data.begin(), data.begin() + static_cast<ptrdiff_t>(image.frame_bytes()));
}

bool is_j2k(const std::string &syntax)
{
    return syntax == JPEG "90" || syntax == JPEG "91" || syntax == JPEG "201" ||
           syntax == JPEG "202" || syntax == JPEG "203";
}

/*
 * Return the sample precision in a JPEG frame header (ITU-T T.81 B.2.2); 0 if
 * there is none in the first bytes.
 */
unsigned jpeg_precision(const Bytes &s)
{
    for (size_t at = 2; at + 4 < s.size() && s[at] == 0xff;) {
        uint8_t marker = s[at + 1];

        if (marker == 0xff) {
            at++;
            continue;
        }
        if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc)
            return s[at + 4];
        at += 2 + (static_cast<size_t>(s[at + 2]) << 8 | s[at + 3]);
    }
    return 0;
}

/* DCMTK allocates the bits that the codestream needs, and colour has rules of
 * its own. */
bool keeps_attributes(const Image &image, const Bytes &data)
{
    unsigned bits = jpeg_precision(data);

    return image.samples == 1 && bits > 0 && image.bits_allocated == (bits > 8 ? 16 : 8);
}

}

void codec_prepare()
{
    codec_dcmtk_prepare();
}

Bytes codec_decode(const std::string &syntax, Image &image, const Bytes &data)
{
    Bytes frame;

    if (image.frame_bytes() > frame_max || data.size() > frame_max)
        throw Refusal("a frame of the pixel data is too long");
    if (syntax == TRANSFER_SYNTAX_RLE)
        frame = decode_rle(image, data);
    else if (syntax == TRANSFER_SYNTAX_DEFLATED_FRAMES)
        frame = decode_deflated(image, data);
    else if (syntax == TRANSFER_SYNTAX_ENCAPSULATED_LE)
        frame = decode_plain(image, data);
    else if (syntax == JPEG "80" || syntax == JPEG "81")
        frame = codec_jls_decode(image, data);
    else if (is_j2k(syntax))
        frame = codec_j2k_decode(image, data);
    else
        frame = codec_dcmtk_decode(syntax, image, data);
    if (frame.size() != image.frame_bytes())
        throw Refusal("a decompressed frame has another size than the image's attributes say");
    image_interleave(image, frame);
    return frame;
}

bool codec_foresee(const std::string &syntax, Image &image, const Bytes &data)
{
    bool plain =
        syntax == TRANSFER_SYNTAX_DEFLATED_FRAMES || syntax == TRANSFER_SYNTAX_ENCAPSULATED_LE;
    bool ours = plain || syntax == TRANSFER_SYNTAX_RLE || syntax == JPEG "80" ||
                syntax == JPEG "81" || is_j2k(syntax);

    if (!ours)
        return keeps_attributes(image, data);
    if (!plain)
        image_call_full(image);
    if (is_j2k(syntax) && (image.photometric == "YBR_RCT" || image.photometric == "YBR_ICT"))
        image.photometric = "RGB";
    image.by_plane = false;
    return true;
}

Bytes codec_encode(const std::string &syntax, Image &image, Bytes &frame)
{
    if (frame.size() > frame_max)
        throw Refusal("a frame of the pixel data is too long");
    if (image.is_422())
        image_expand_422(image, frame);
    image_interleave(image, frame);
    if (transfer_syntax_find(syntax.c_str())->lossy && image.photometric == "PALETTE COLOR")
        throw Refusal("numbers of palette entries cannot be compressed with loss");
    if (syntax == TRANSFER_SYNTAX_JPEG_BASELINE)
        return codec_jpeg_encode(image, frame);
    if (syntax == JPEG "80" || syntax == JPEG "81")
        return codec_jls_encode(image, frame, syntax == JPEG "80");
    if (syntax == JPEG "90" || syntax == JPEG "91")
        return codec_j2k_encode(image, frame, syntax == JPEG "90");
    return codec_dcmtk_encode(syntax, image, frame);
}
