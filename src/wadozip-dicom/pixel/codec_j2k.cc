/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/codec.h"
#include "wadozip-dicom/pixel/j2k_parts.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <memory>
#include <openjpeg.h>

namespace {

/* The mean error of lossy compression, as a fraction of the range of values in
 * a frame. */
constexpr double lossy_error = 1.0 / 1024;

constexpr uint8_t end_marker[] = {0xff, 0xd9}; /* EOC */

struct Input {
    const Bytes *data;
    size_t at;
};

struct Output {
    Bytes data;
    size_t at;
};

OPJ_SIZE_T read_input(void *to, OPJ_SIZE_T n, void *user)
{
    Input *in = static_cast<Input *>(user);
    size_t got = std::min<size_t>(n, in->data->size() - in->at);

    memcpy(to, in->data->data() + in->at, got);
    in->at += got;
    return got ? got : static_cast<OPJ_SIZE_T>(-1);
}

OPJ_BOOL seek_input(OPJ_OFF_T to, void *user)
{
    Input *in = static_cast<Input *>(user);

    if (to < 0 || static_cast<uint64_t>(to) > in->data->size())
        return OPJ_FALSE;
    in->at = static_cast<size_t>(to);
    return OPJ_TRUE;
}

OPJ_OFF_T skip_input(OPJ_OFF_T n, void *user)
{
    Input *in = static_cast<Input *>(user);

    return seek_input(static_cast<OPJ_OFF_T>(in->at) + n, user) ? n : -1;
}

OPJ_SIZE_T write_output(void *from, OPJ_SIZE_T n, void *user)
{
    Output *out = static_cast<Output *>(user);

    if (out->at + n > out->data.size())
        out->data.resize(out->at + n);
    memcpy(out->data.data() + out->at, from, n);
    out->at += n;
    return n;
}

OPJ_BOOL seek_output(OPJ_OFF_T to, void *user)
{
    Output *out = static_cast<Output *>(user);

    if (to < 0)
        return OPJ_FALSE;
    if (static_cast<size_t>(to) > out->data.size())
        out->data.resize(static_cast<size_t>(to));
    out->at = static_cast<size_t>(to);
    return OPJ_TRUE;
}

OPJ_OFF_T skip_output(OPJ_OFF_T n, void *user)
{
    return seek_output(static_cast<OPJ_OFF_T>(static_cast<Output *>(user)->at) + n, user) ? n : -1;
}

using Stream = std::unique_ptr<opj_stream_t, void (*)(opj_stream_t *)>;
using Codec = std::unique_ptr<opj_codec_t, void (*)(opj_codec_t *)>;
using Picture = std::unique_ptr<opj_image_t, void (*)(opj_image_t *)>;

void release(opj_stream_t *s)
{
    opj_stream_destroy(s);
}

Stream open_input(Input *in)
{
    Stream s(opj_stream_create(64 * 1024, OPJ_TRUE), release);

    opj_stream_set_user_data(s.get(), in, nullptr);
    opj_stream_set_user_data_length(s.get(), in->data->size());
    opj_stream_set_read_function(s.get(), read_input);
    opj_stream_set_seek_function(s.get(), seek_input);
    opj_stream_set_skip_function(s.get(), skip_input);
    return s;
}

Stream open_output(Output *out)
{
    Stream s(opj_stream_create(64 * 1024, OPJ_FALSE), release);

    opj_stream_set_user_data(s.get(), out, nullptr);
    opj_stream_set_write_function(s.get(), write_output);
    opj_stream_set_seek_function(s.get(), seek_output);
    opj_stream_set_skip_function(s.get(), skip_output);
    return s;
}

/* PS3.5 A.4.4 requires the bare codestream; some files have JP2 boxes around
 * it. */
OPJ_CODEC_FORMAT format_of(const Bytes &data)
{
    static const uint8_t box[] = {0, 0, 0, 12, 'j', 'P', ' ', ' '};

    return data.size() > sizeof box && memcmp(data.data(), box, sizeof box) == 0 ? OPJ_CODEC_JP2
                                                                                 : OPJ_CODEC_J2K;
}

void check_components(const Image &image, const opj_image_t &p)
{
    if (p.numcomps != image.samples)
        throw Refusal(
            "the JPEG 2000 data has another number of components than the image has samples");
    for (uint32_t c = 0; c < p.numcomps; c++)
        if (p.comps[c].w != image.columns || p.comps[c].h != image.rows ||
            p.comps[c].prec > image.bits_allocated)
            throw Refusal("the JPEG 2000 data has another size than the image's attributes say");
}

/* The first message of a decoder that makes its samples doubtful. */
struct Doubt {
    std::string message;
};

/*
 * Return whether a message is about markers that may be missing or boxes
 * without samples; j2k_parts.cc counts tile-parts.
 */
bool is_harmless(const char *message)
{
    static const char *const known[] = {"Unknown marker",
                                        "Stream does not end with EOC",
                                        "Expected SOP marker",
                                        "Not enough space for expected SOP marker",
                                        "Empty SOT marker",
                                        "Non conformant codestream TPsot==TNsot",
                                        "JP2 box",
                                        "Despite JP2 BPC"};

    return std::any_of(std::begin(known), std::end(known),
                       [message](const char *k) { return strncmp(message, k, strlen(k)) == 0; });
}

void note_doubt(const char *message, void *user)
{
    Doubt *doubt = static_cast<Doubt *>(user);

    if (doubt->message.empty())
        doubt->message.assign(message, strcspn(message, "\r\n"));
}

void note_warning(const char *message, void *user)
{
    if (!is_harmless(message))
        note_doubt(message, user);
}

void check_doubt(const Doubt &doubt, bool failed)
{
    if (failed || !doubt.message.empty())
        throw Refusal("the JPEG 2000 data is damaged or ends early (" + doubt.message + ")");
}

/*
 * OpenJPEG's strict mode is off: 2.5.3 then skips a damaged code-block and
 * reports success. Without it OpenJPEG decodes what it can and warns; the frame
 * is then refused here.
 */
Picture decode(const Image &image, const Bytes &data)
{
    Input in = {&data, 0};
    Doubt doubt;
    Stream stream = open_input(&in);
    Codec codec(opj_create_decompress(format_of(data)), opj_destroy_codec);
    opj_dparameters_t parameters;
    opj_image_t *raw = nullptr;

    opj_set_error_handler(codec.get(), note_doubt, &doubt);
    opj_set_warning_handler(codec.get(), note_warning, &doubt);
    opj_set_default_decoder_parameters(&parameters);
    bool ok = opj_setup_decoder(codec.get(), &parameters) &&
              opj_decoder_set_strict_mode(codec.get(), OPJ_FALSE) &&
              opj_read_header(stream.get(), codec.get(), &raw);
    Picture picture(raw, opj_image_destroy);

    if (!ok)
        throw Refusal("the JPEG 2000 data has no readable header");
    check_components(image, *picture);
    check_doubt(doubt, !opj_decode(codec.get(), stream.get(), picture.get()));
    check_components(image, *picture);
    for (uint32_t c = 0; c < picture->numcomps; c++)
        if (!picture->comps[c].data)
            throw Refusal("the JPEG 2000 data has no samples for a component");
    return picture;
}

/*
 * Return a sample in native form: two's complement, regardless of the sign in
 * the codestream (PS3.5 8.2.4).
 */
uint32_t native(const Image &image, const opj_image_comp_t &c, size_t i)
{
    uint32_t v = static_cast<uint32_t>(c.data[i]), sign = c.prec < 32 ? 1u << (c.prec - 1) : 0;

    if (sign && image.is_signed)
        return ((v & (sign | (sign - 1))) ^ sign) - sign;
    return sign ? v & (sign | (sign - 1)) : v;
}

Bytes take_samples(const Image &image, const opj_image_t &p)
{
    size_t width = image.bits_allocated / 8;
    Bytes frame(image.frame_bytes());
    uint8_t *to = frame.data();

    for (size_t i = 0; i < image.pixels(); i++)
        for (uint32_t c = 0; c < p.numcomps; c++) {
            uint32_t v = native(image, p.comps[c], i);

            if (width == 0)
                frame[i / 8] = static_cast<uint8_t>(frame[i / 8] | (v & 1) << i % 8);
            for (size_t b = 0; b < width; b++, v = b < 4 ? v >> 8 : 0)
                *to++ = static_cast<uint8_t>(v);
        }
    return frame;
}

/* Return Bits Stored, or Bits Allocated if a sample uses higher bits (old
 * overlays). */
uint32_t precision(const Image &image, const SampleRange &r, bool lossless)
{
    int32_t most =
        image.is_signed ? (1 << (image.bits_stored - 1)) - 1 : (1 << image.bits_stored) - 1;
    int32_t least = image.is_signed ? -most - 1 : 0;

    if (r.least < least || r.most > most)
        return image.bits_allocated;
    return lossless ? image.lossless_bits() : image.bits_stored;
}

/*
 * Return the signal-to-noise ratio for that error. OpenJPEG's signal is the
 * largest possible value.
 */
float decibels(const opj_image_t &p, const SampleRange &r)
{
    double error = std::max(r.most - r.least, 1) * lossy_error;

    return static_cast<float>(20 *
                              std::log10(std::ldexp(1, static_cast<int>(p.comps[0].prec)) / error));
}

Picture make_picture(const Image &image, const Bytes &frame, uint32_t bits)
{
    opj_image_cmptparm_t parts[4] = {};

    for (uint32_t c = 0; c < image.samples; c++)
        parts[c] = {1,
                    1,
                    image.columns,
                    image.rows,
                    0,
                    0,
                    image.bits_allocated,
                    image.bits_allocated,
                    image.is_signed};
    Picture p(opj_image_create(image.samples, parts,
                               image.samples == 3 ? OPJ_CLRSPC_SRGB : OPJ_CLRSPC_GRAY),
              opj_image_destroy);
    if (!p)
        throw Refusal("no memory left to compress a frame");
    p->x1 = image.columns;
    p->y1 = image.rows;
    for (size_t i = 0; i < image.pixels(); i++)
        for (uint32_t c = 0; c < image.samples; c++)
            p->comps[c].data[i] = image_sample(image, frame, i * image.samples + c);
    for (uint32_t c = 0; c < image.samples; c++)
        p->comps[c].prec = bits;
    return p;
}

}

Bytes codec_j2k_decode(Image &image, const Bytes &data)
{
    const size_t end = j2k_parts_check(data);
    const bool ended = end + sizeof end_marker <= data.size() || format_of(data) == OPJ_CODEC_JP2;
    Bytes closed; /* OpenJPEG treats a missing end marker as missing data */

    if (!ended) {
        closed.assign(data.begin(), data.begin() + static_cast<ptrdiff_t>(end));
        closed.insert(closed.end(), std::begin(end_marker), std::end(end_marker));
    }
    Picture picture = decode(image, ended ? data : closed);

    image_call_full(image);
    if (image.photometric == "YBR_RCT" || image.photometric == "YBR_ICT")
        image.photometric = "RGB"; /* the codec has undone its colour transform */
    image.by_plane = false;
    Bytes frame = take_samples(image, *picture);

    image_extend_sign(image, frame, image.bits_stored); /* the writer may have cleared the upper
                                                         * bits */
    return frame;
}

Bytes codec_j2k_encode(Image &image, const Bytes &frame, bool lossless)
{
    if (image.bits_allocated != 8 && image.bits_allocated != 16)
        throw Refusal("JPEG 2000 is made of 8 and 16 bit images only");
    bool rgb = image.samples == 3 && image.photometric == "RGB";
    const SampleRange range = image_range(image, frame);
    Picture picture = make_picture(image, frame, precision(image, range, lossless));
    Output out = {{}, 0};
    Stream stream = open_output(&out);
    Codec codec(opj_create_compress(OPJ_CODEC_J2K), opj_destroy_codec);
    opj_cparameters_t p;

    opj_set_default_encoder_parameters(&p);
    p.tcp_numlayers = 1;
    p.cp_disto_alloc = lossless;
    p.cp_fixed_quality = !lossless;
    p.tcp_distoratio[0] = lossless ? 0 : decibels(*picture, range);
    p.irreversible = !lossless;
    p.tcp_mct = rgb;
    for (p.numresolution = 1;
         p.numresolution < 6 && std::min(image.rows, image.columns) >> p.numresolution;)
        p.numresolution++;
    if (!opj_setup_encoder(codec.get(), &p, picture.get()) ||
        !opj_start_compress(codec.get(), picture.get(), stream.get()) ||
        !opj_encode(codec.get(), stream.get()) || !opj_end_compress(codec.get(), stream.get()))
        throw Refusal("a frame cannot be compressed with JPEG 2000");
    if (rgb)
        image.photometric = lossless ? "YBR_RCT" : "YBR_ICT";
    return out.data;
}
