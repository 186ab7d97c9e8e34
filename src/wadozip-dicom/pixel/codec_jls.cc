/* SPDX-License-Identifier: MIT */
/* JPEG-LS uses CharLS directly: the copy in DCMTK 3.6.7 refuses images of fewer
 * than 8 bits. */
#include "wadozip-dicom/pixel/codec.h"

#include <charls/charls.h>

namespace {

constexpr int32_t near_lossless = 2; /* largest difference of a sample */

/*
 * The codec has no signed samples: negative numbers are large ones, so all
 * allocated bits are needed.
 */
int32_t precision(const Image &image, const SampleRange &r, bool lossless)
{
    uint32_t bits = lossless ? image.lossless_bits() : image.bits_stored;
    bool fits = !image.is_signed && r.most < 1 << bits && bits > 1;

    return static_cast<int32_t>(fits ? bits : image.bits_allocated);
}

/* Return 0 if a small difference could wrap around the range of signed numbers.
 */
int32_t deviation(const Image &image, const SampleRange &r)
{
    int32_t most = (1 << (image.bits_stored - 1)) - 1;

    if (image.is_signed && (r.most > most - near_lossless || r.least < -most - 1 + near_lossless))
        return 0;
    return near_lossless;
}

/*
 * The codec returns samples of up to 8 bits as bytes and others as words. Widen
 * them to the image's size.
 */
Bytes widen(const Bytes &narrow, size_t from, size_t to)
{
    Bytes wide(narrow.size() / from * to);

    for (size_t i = 0; i < narrow.size(); i++)
        wide[i / from * to + i % from] = narrow[i];
    return wide;
}

/*
 * If data ends within a number CharLS reads zeros, 2^31 of them in 10 seconds.
 * An end marker stops it at once.
 */
Bytes with_end(const Bytes &data)
{
    Bytes ended(data);

    while (!ended.empty() && ended.back() == 0)
        ended.pop_back();
    ended.insert(ended.end(), {0xff, 0xd9});
    return ended;
}

bool has_end(const Bytes &data)
{
    const size_t n = data.size(), padding = n > 0 && data[n - 1] == 0;

    return n >= 2 + padding && data[n - 2 - padding] == 0xff && data[n - 1 - padding] == 0xd9;
}

Bytes decode(Image &image, const Bytes &data)
{
    charls::jpegls_decoder decoder(data, true);
    const charls::frame_info info = decoder.frame_info();

    if (info.width != image.columns || info.height != image.rows ||
        info.component_count != static_cast<int32_t>(image.samples) ||
        info.bits_per_sample > static_cast<int32_t>(image.bits_allocated))
        throw Refusal("the JPEG-LS data has another size than the image's attributes say");
    Bytes frame(decoder.destination_size());

    image_call_full(image);
    decoder.decode(frame);
    image.by_plane =
        image.samples > 1 && decoder.interleave_mode() == charls::interleave_mode::none;
    const size_t made = info.bits_per_sample <= 8 ? 1 : 2, wanted = image.bits_allocated / 8;

    if (made < wanted)
        frame = widen(frame, made, wanted);
    image_extend_sign(image, frame, static_cast<uint32_t>(info.bits_per_sample));
    image_extend_sign(image, frame, image.bits_stored); /* the writer may have cleared the upper
                                                         * bits */
    return frame;
}

Bytes encode_into(const Image &image, const Bytes &frame, bool lossless, size_t factor)
{
    const SampleRange r = image_range(image, frame);
    charls::jpegls_encoder encoder;
    Bytes data;

    encoder.frame_info({image.columns, image.rows, precision(image, r, lossless),
                        static_cast<int32_t>(image.samples)});
    encoder.near_lossless(lossless ? 0 : deviation(image, r));
    encoder.interleave_mode(image.samples == 1 ? charls::interleave_mode::none
                                               : charls::interleave_mode::line);
    data.resize(factor * encoder.estimated_destination_size());
    encoder.destination(data);
    data.resize(encoder.encode(frame));
    return data;
}

/*
 * CharLS estimates a little more than the uncompressed size. Noise becomes
 * larger: a code has at most four times the bits of its sample (ITU-T T.87
 * A.5.3, LIMIT).
 */
Bytes encode(const Image &image, const Bytes &frame, bool lossless)
{
    try {
        return encode_into(image, frame, lossless, 1);
    } catch (const charls::jpegls_error &e) {
        if (e.code() != charls::jpegls_errc::destination_buffer_too_small)
            throw;
    }
    return encode_into(image, frame, lossless, 4);
}

}

Bytes codec_jls_decode(Image &image, const Bytes &data)
{
    try {
        return decode(image, has_end(data) ? data : with_end(data));
    } catch (const charls::jpegls_error &e) {
        throw Refusal(std::string("the JPEG-LS data is damaged (") + e.what() + ")");
    }
}

Bytes codec_jls_encode(Image &image, const Bytes &frame, bool lossless)
{
    if (image.bits_allocated != 8 && image.bits_allocated != 16)
        throw Refusal("JPEG-LS is made of 8 and 16 bit images only");
    try {
        return encode(image, frame, lossless);
    } catch (const charls::jpegls_error &e) {
        throw Refusal(std::string("a frame cannot be compressed with JPEG-LS (") + e.what() + ")");
    }
}
