/* SPDX-License-Identifier: MIT */
/*
 * DCMTK's codecs work on whole data sets. Here each frame becomes a small data
 * set of its own, so memory is needed for only one frame, and DCMTK updates the
 * attributes.
 */
#include "wadozip-dicom/pixel/codec.h"
#include "wadozip-dicom/pixel/complaints.h"
#include "wadozip-dicom/pixel/jpeg_header.h"

#include "dcmtk/dcmdata/dcdatset.h"
#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcpixel.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dcrleerg.h"
#include "dcmtk/dcmdata/dcrlerp.h"
#include "dcmtk/dcmdata/dcxfer.h"
#include "dcmtk/dcmjpeg/djdecode.h"
#include "dcmtk/dcmjpeg/djencode.h"
#include "dcmtk/dcmjpeg/djrplol.h"

#include <memory>

extern "C" {
#include "dicom/transfer_syntax.h"
}

#define JPEG TRANSFER_SYNTAX_IMPLICIT_LE ".4."

namespace {


void check(const OFCondition &c, const char *what)
{
    if (c.bad())
        throw Refusal(std::string(what) + " (" + c.text() + ")");
}

/* DCMTK leaves the part of a frame that a smaller picture does not cover
 * uninitialised. */
void check_size(const JpegHeader &h, const Image &image)
{
    if (!h.components)
        throw Refusal("the JPEG data has no frame header");
    if (h.components != image.samples || h.columns != image.columns ||
        (h.rows && h.rows != image.rows))
        throw Refusal("the JPEG data has another size than the image's attributes say");
}

void describe(const Image &image, DcmDataset &d)
{
    image.store(d);
    check(d.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(image.rows)), "Rows");
    check(d.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(image.columns)), "Columns");
    check(d.putAndInsertUint16(DCM_PixelRepresentation, image.is_signed), "Pixel Representation");
}

/*
 * Insert the frame as the only one of a compressed data set, in one fragment
 * after an empty offset table.
 */
void insert_compressed(DcmDataset &d, E_TransferSyntax xfer, const Bytes &data)
{
    auto sequence = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));
    auto table = std::make_unique<DcmPixelItem>(DcmTag(DCM_Item, EVR_OB));
    auto item = std::make_unique<DcmPixelItem>(DcmTag(DCM_Item, EVR_OB));
    auto pixels = std::make_unique<DcmPixelData>(DCM_PixelData);

    check(item->putUint8Array(data.data(), static_cast<unsigned long>(data.size())),
          "a compressed frame");
    check(sequence->insert(table.release()), "a compressed frame");
    check(sequence->insert(item.release()), "a compressed frame");
    pixels->putOriginalRepresentation(xfer, nullptr, sequence.release());
    check(d.insert(pixels.release()), "a compressed frame");
}

Bytes take_uncompressed(DcmDataset &d, const Image &image)
{
    const Uint8 *bytes = nullptr;
    const Uint16 *words = nullptr;
    unsigned long count = 0;

    if (d.findAndGetUint8Array(DCM_PixelData, bytes, &count).bad() || !bytes) {
        check(d.findAndGetUint16Array(DCM_PixelData, words, &count), "a decompressed frame");
        bytes = reinterpret_cast<const Uint8 *>(words);
        count *= 2;
    }
    if (!bytes || count < image.frame_bytes())
        throw Refusal("a decompressed frame is smaller than the image's attributes say");
    return Bytes(bytes, bytes + image.frame_bytes());
}

Bytes take_compressed(DcmDataset &d)
{
    E_TransferSyntax xfer = EXS_Unknown;
    const DcmRepresentationParameter *how = nullptr;
    DcmPixelSequence *sequence = nullptr;
    DcmElement *e = nullptr;
    Bytes data;

    check(d.findAndGetElement(DCM_PixelData, e), "a compressed frame");
    static_cast<DcmPixelData *>(e)->getCurrentRepresentationKey(xfer, how);
    check(static_cast<DcmPixelData *>(e)->getEncapsulatedRepresentation(xfer, how, sequence),
          "a compressed frame");
    for (unsigned long i = 1; i < sequence->card(); i++) {
        DcmPixelItem *item = nullptr;
        Uint8 *bytes = nullptr;

        check(sequence->getItem(item, i), "a compressed frame");
        check(item->getUint8Array(bytes), "a compressed frame");
        data.insert(data.end(), bytes, bytes + item->getLength());
    }
    return data;
}

/* Return the parameters for a transfer syntax; null for DCMTK's defaults. */
std::unique_ptr<DcmRepresentationParameter> parameter(const std::string &syntax)
{
    if (syntax == JPEG "70")
        return std::make_unique<DJ_RPLossless>(1, 0);
    return nullptr;
}

}

void codec_dcmtk_prepare()
{
    /* Lossless colour stays unchanged. Lossy colour becomes RGB, because
     * subsampled components cannot stay. */
    DJDecoderRegistration::registerCodecs(EDC_photometricInterpretation, EUC_never,
                                          EPC_colorByPixel);
    DJEncoderRegistration::registerCodecs(ECC_lossyRGB, EUC_never);
    DcmRLEEncoderRegistration::registerCodecs();
    complaints_prepare();
}

Bytes codec_dcmtk_decode(const std::string &syntax, Image &image, const Bytes &data)
{
    E_TransferSyntax xfer = DcmXfer(syntax.c_str()).getXfer();
    const struct transfer_syntax *known = transfer_syntax_find(syntax.c_str());
    const bool lossless = known && !known->lossy;
    const JpegHeader header = jpeg_header(data);
    Image declared = image;
    DcmDataset d;

    check_size(header, image);
    if (image.samples == 3 && (lossless || header.colour == JpegColour::RGB))
        declared.photometric = "RGB"; /* so that DCMTK leaves the colours alone */
    else if (header.colour == JpegColour::YCC)
        declared.photometric = "YBR_FULL";
    describe(declared, d);
    if (header.temporary)
        insert_compressed(d, xfer, jpeg_without_temporary(data));
    else
        insert_compressed(d, xfer, data);
    complaints_clear();
    check(d.chooseRepresentation(EXS_LittleEndianExplicit, nullptr),
          "a frame cannot be decompressed");
    if (!complaints_first().empty())
        throw Refusal("the JPEG data is damaged or ends early (" + complaints_first() + ")");
    Image result = Image::of(d);

    result.frames = image.frames;
    if (lossless)
        result.photometric = image.photometric;
    image_call_full(result);
    image = result;
    Bytes frame = take_uncompressed(d, image);

    image_extend_sign(image, frame, image.bits_stored);
    return frame;
}

Bytes codec_dcmtk_encode(const std::string &syntax, Image &image, const Bytes &frame)
{
    E_TransferSyntax xfer = DcmXfer(syntax.c_str()).getXfer();
    std::unique_ptr<DcmRepresentationParameter> how = parameter(syntax);
    Image declared = image;
    DcmDataset d;

    /* these codecs ignore it, DCMTK does not */
    declared.photometric = image.samples == 3 ? "RGB" : "MONOCHROME2";
    describe(declared, d);
    if (image.bits_allocated == 8)
        check(d.putAndInsertUint8Array(DCM_PixelData, frame.data(), frame.size()), "a frame");
    else
        check(d.putAndInsertUint16Array(
                  DCM_PixelData, reinterpret_cast<const Uint16 *>(frame.data()), frame.size() / 2),
              "a frame");
    check(d.chooseRepresentation(xfer, how.get()), "a frame cannot be compressed");
    return take_compressed(d);
}
