/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/codec_version.h"

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcdict.h"
#include "dcmtk/dcmdata/dcuid.h"

#include <charls/charls.h>
#include <cstdio>
#include <jpeglib.h>
#include <libxml/parser.h>
#include <openjpeg.h>
#include <png.h>
#include <zlib.h>

#include "wadozip-dicom/pixel/codec.h"

extern "C" {
#include "base/crc.h"
#include "base/deflate.h"
#include "dicom/conversion_rules.h"
#include "dicom/transfer_syntax.h"
}

#define JPEG TRANSFER_SYNTAX_IMPLICIT_LE ".4."
#define DIGITS_OF(x) #x
#define DIGITS(x) DIGITS_OF(x)

namespace {

constexpr uint32_t side = 48;

/* A fixed test picture: a slope with an edge and a little noise. */
Bytes fixed_frame(const Image &image)
{
    Bytes frame(image.frame_bytes());
    uint32_t x = 1;

    for (size_t i = 0; i < frame.size(); i++) {
        x = x * 1103515245u + 12345u;
        size_t at = i / (image.bits_allocated / 8) / image.samples;

        if (image.bits_allocated == 16 && i % 2)
            frame[i] = static_cast<uint8_t>((at / side > side / 2 ? 8 : 0) + at % side / 16);
        else
            frame[i] = static_cast<uint8_t>(at % side * 4 + (x >> 16 & 7));
    }
    return frame;
}

Image fixed_image(uint32_t bits, uint32_t samples)
{
    Image image;

    image.rows = image.columns = side;
    image.samples = samples;
    image.bits_allocated = bits;
    image.bits_stored = bits == 16 ? 12 : bits;
    image.high_bit = image.bits_stored - 1;
    image.photometric = samples == 3 ? "RGB" : "MONOCHROME2";
    return image;
}

uint32_t add(uint32_t crc, const Bytes &data)
{
    return crc_update(crc, data.data(), data.size());
}

/*
 * Encode and decode, because decoders of lossy data can differ, too. If a
 * library refuses, its message counts.
 */
uint32_t add_codec(uint32_t crc, const char *syntax, uint32_t bits, uint32_t samples)
{
    Image image = fixed_image(bits, samples);
    Bytes frame = fixed_frame(image);

    try {
        Bytes packed = codec_encode(syntax, image, frame);

        return add(add(crc, packed), codec_decode(syntax, image, packed));
    } catch (const Refusal &r) {
        return crc_update(crc, r.what(), strlen(r.what()));
    }
}

/* For Deflated Explicit VR Little Endian and for results that are returned
 * deflated. */
uint32_t add_deflate(uint32_t crc)
{
    const char *identity = deflate_identity();
    Bytes frame = fixed_frame(fixed_image(16, 1));
    uLongf made = compressBound(static_cast<uLong>(frame.size()));
    Bytes out(made);

    out.resize(compress2(out.data(), &made, frame.data(), static_cast<uLong>(frame.size()),
                         Z_BEST_SPEED) == Z_OK
                   ? made
                   : 0);
    return crc_update(add(crc, out), identity, strlen(identity));
}

/* A dictionary with more elements gives other VRs to Implicit VR data. */
uint32_t add_dictionary(uint32_t crc)
{
    const DcmDataDictionary &dictionary = dcmDataDict.rdlock();
    const int entries[] = {dictionary.numberOfNormalTagEntries(),
                           dictionary.numberOfRepeatingTagEntries()};

    dcmDataDict.rdunlock();
    return crc_update(crc, entries, sizeof entries);
}

}

std::string codec_version_libraries()
{
    std::string s = "DCMTK " OFFIS_DCMTK_VERSION_STRING;

    s += std::string("\nOpenJPEG ") + opj_version();
    s += std::string("\nCharLS ") + charls_get_version_string();
    /* These libraries report no version at run time: use the one at build time.
     */
    s += "\nlibjpeg " DIGITS(JPEG_LIB_VERSION);
#ifdef LIBJPEG_TURBO_VERSION
    s += " turbo " DIGITS(LIBJPEG_TURBO_VERSION);
#endif
    s += std::string("\nlibxml2 ") + xmlParserVersion;
    s += std::string("\nlibpng ") + png_get_libpng_ver(nullptr);
    s += std::string("\nzlib ") + zlibVersion();
    return s + "\ndeflate " + deflate_identity() + "\n";
}

uint32_t codec_version_number()
{
    static const char *const syntaxes[] = {TRANSFER_SYNTAX_RLE, JPEG "50", JPEG "70", JPEG "80",
                                           JPEG "81",           JPEG "90", JPEG "91"};
    const std::string libraries = codec_version_libraries();
    const int number = CONVERSION_VERSION;
    uint32_t crc = crc_update(0, &number, sizeof number);

    crc = crc_update(crc, libraries.data(), libraries.size());
    crc = add_deflate(add_dictionary(crc));
    for (const char *syntax : syntaxes) {
        crc = add_codec(crc, syntax, 8, 1);
        crc = add_codec(crc, syntax, 8, 3);
        if (strcmp(syntax, JPEG "50") != 0)
            crc = add_codec(crc, syntax, 16, 1);
    }
    crc &= INT32_MAX;
    return crc ? crc : 1;
}
