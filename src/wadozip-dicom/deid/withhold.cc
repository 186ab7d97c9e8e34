/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/withhold.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcpixel.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"

#include <algorithm>
#include <memory>

#include "base/deid_options.h"
#include "wadozip-dicom/dataset/normalise.h"
#include "wadozip-dicom/deid/deid_mark.h"
#include "wadozip-dicom/deid/values.h"
#include "wadozip-dicom/io/repeat_stream.h"
#include "wadozip-dicom/pixel/codec.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "dicom/transfer_syntax.h"
}

namespace {

constexpr uint64_t value_max = 0xfffffffe; /* largest length of a value (PS3.5 7.1.2) */

void check_done(const OFCondition &c)
{
    if (c.bad())
        throw Refusal("the pixel data cannot be replaced");
}

/* Colour is RGB, so that black is 0 in each sample; palettes would give 0 any colour. */
void make_plain(Image &image)
{
    image.by_plane = false;
    image.high_bit = image.bits_stored - 1;
    if (image.samples == 3)
        image.photometric = "RGB";
    else if (image.samples == 1 && image.photometric != "MONOCHROME1")
        image.photometric = "MONOCHROME2";
}

/* Draw the pixel in the greatest value of its samples. */
void draw(const Image &image, uint32_t row, uint32_t column, Bytes &frame)
{
    const uint32_t sample = image.bits_allocated / 8, bits = image.bits_stored - image.is_signed;
    const uint64_t greatest = bits < 64 ? (uint64_t{1} << bits) - 1 : UINT64_MAX;
    size_t at = (uint64_t{row} * image.columns + column) * image.samples * sample;

    for (uint32_t i = 0; i < image.samples * sample; i++)
        frame[at++] = static_cast<uint8_t>(greatest >> 8 * (i % sample));
}

/* Images of one bit per pixel stay black: their frames need not end with a byte. */
Bytes crossed(const Image &image)
{
    Bytes frame(image.frame_bytes());

    for (uint32_t row = 0; row < image.rows && image.bits_allocated % 8 == 0; row++) {
        const uint32_t column = static_cast<uint32_t>(uint64_t{row} * image.columns / image.rows);

        draw(image, row, column, frame);
        draw(image, row, image.columns - 1 - column, frame);
    }
    return frame;
}

/* Make native pixel data that is read from one frame, however many there are. */
std::unique_ptr<DcmPixelData> native_pixels(const Image &image, const Bytes &frame)
{
    const uint64_t bytes = image.native_bytes(), padded = bytes + bytes % 2;
    const DcmTag tag(DCM_PixelData, image.bits_allocated > 8 ? EVR_OW : EVR_OB);

    if (padded > value_max)
        throw Refusal("the image is too large to be withheld");
    auto pixels = std::make_unique<DcmPixelData>(tag, static_cast<Uint32>(padded));
    RepeatStream stream(std::make_shared<const Bytes>(frame), bytes, padded);

    pixels->transferInit();
    check_done(pixels->read(stream, EXS_LittleEndianExplicit, EGL_noChange, 0));
    pixels->transferEnd();
    return pixels;
}

std::unique_ptr<DcmPixelData> compressed_pixels(const Image &image, const Bytes &frame,
                                                const std::string &syntax)
{
    auto pixels = std::make_unique<DcmPixelData>(DcmTag(DCM_PixelData, EVR_OB));
    auto fragments = std::make_unique<DcmPixelSequence>(DcmTag(DCM_PixelData, EVR_OB));
    auto table = std::make_unique<DcmPixelItem>(DcmTag(DCM_Item, EVR_OB));
    DcmOffsetList offsets;

    check_done(fragments->insert(table.get()));
    table.release(); /* owned by the fragments, which count it as the first */
    for (uint32_t n = 0; n < image.frames; n++)
        check_done(fragments->storeCompressedFrame(offsets, const_cast<Uint8 *>(frame.data()),
                                                   static_cast<Uint32>(frame.size()), 0));
    pixels->putOriginalRepresentation(DcmXfer(syntax.c_str()).getXfer(), nullptr,
                                      fragments.release());
    return pixels;
}

void remove_all(DcmDataset &d)
{
    static const DcmTagKey tags[] = {DCM_SmallestImagePixelValue, DCM_LargestImagePixelValue,
                                     DCM_ExtendedOffsetTable, DCM_ExtendedOffsetTableLengths};

    for (const DcmTagKey &tag : tags)
        d.findAndDeleteElement(tag);
    for (uint16_t element = 0x1100; element < 0x1300; element++) /* palettes */
        d.findAndDeleteElement(DcmTagKey(0x0028, element));
}

uint64_t withhold_image(DcmDataset &d, const std::string &syntax)
{
    const bool compressed = frames_sequence(*pixels_find(d)) != nullptr;
    const struct transfer_syntax *stored = transfer_syntax_find(syntax.c_str());
    Image image = Image::of(d);

    if (compressed && (!stored || !stored->target))
        throw Refusal("its transfer syntax cannot be written here");
    make_plain(image);
    Bytes frame = crossed(image);

    if (compressed)
        frame = codec_encode(syntax, image, frame);
    auto pixels =
        compressed ? compressed_pixels(image, frame, syntax) : native_pixels(image, frame);

    remove_all(d);
    image.store(d);
    check_done(d.insert(pixels.get(), OFTrue));
    pixels.release();
    normalise_derived(d);
    deid_values_put(d, DCM_DerivationDescription, DEID_WITHHELD_NOTE);
    return compressed ? uint64_t{image.frames} * frame.size() : image.native_bytes();
}

/* A page of A4 with a sentence (ISO 32000 7.5). */
std::string document()
{
    static const std::string text = "BT /F1 18 Tf 60 760 Td (" DEID_WITHHELD_NOTE ") Tj ET";
    const std::string objects[] = {
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>",
        "<</Length " + std::to_string(text.size()) + ">>\nstream\n" + text + "\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"};
    std::string out = "%PDF-1.4\n", table = "xref\n0 6\n0000000000 65535 f \n";
    unsigned number = 0;

    for (const std::string &o : objects) {
        char entry[32];

        snprintf(entry, sizeof entry, "%010u 00000 n \n", static_cast<unsigned>(out.size()));
        table += entry;
        out += std::to_string(++number) + " 0 obj\n" + o + "\nendobj\n";
    }
    const std::string start = std::to_string(out.size());

    return out + table + "trailer\n<</Size 6/Root 1 0 R>>\nstartxref\n" + start + "\n%%EOF\n";
}

/* Other documents are what the profile makes of them: two bytes. */
void withhold_document(DcmDataset &d)
{
    std::string bytes = document();
    DcmElement *e = nullptr;

    if (deid_values_text(d, DCM_MIMETypeOfEncapsulatedDocument) != "application/pdf")
        return;
    if (d.findAndGetElement(DCM_EncapsulatedDocumentLength, e).good())
        check_done(e->putUint32(static_cast<Uint32>(bytes.size())));
    if (bytes.size() % 2)
        bytes += '\n';
    check_done(d.putAndInsertUint8Array(
        DCM_EncapsulatedDocument, reinterpret_cast<const Uint8 *>(bytes.data()), bytes.size()));
}

}

uint64_t withhold_pixels(DcmDataset &d, const std::string &syntax)
{
    DcmElement *e = nullptr;
    uint64_t bytes = 0;

    if (pixels_find(d))
        bytes = withhold_image(d, syntax);
    else if (d.findAndGetElement(DCM_PixelData, e).good() && e->getLength() > 0)
        throw Refusal("the VR of its pixel data is neither OB nor OW");
    if (d.tagExists(DCM_EncapsulatedDocument))
        withhold_document(d);
    deid_values_put(d, DCM_BurnedInAnnotation, "NO");
    deid_mark_clean_pixels(d);
    return bytes;
}
