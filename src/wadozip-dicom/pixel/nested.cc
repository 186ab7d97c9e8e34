/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/nested.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include "wadozip-dicom/pixel/codec.h"
#include "wadozip-dicom/pixel/frames.h"

namespace {

constexpr uint64_t bytes_max = 64 << 20; /* largest such image, which is held in memory */

/* Decode all frames of the image. `result` receives its attributes. Throws
 * Refusal. */
Bytes decode(DcmItem &item, DcmPixelData &pixels, const std::string &syntax, Image &result)
{
    const Image image = Image::of(item);
    Frames frames(item, pixels, image);
    Bytes all;

    for (uint32_t n = 0; n < frames.count(); n++) {
        result = image;
        if (image.frame_bytes() * frames.count() > bytes_max ||
            (frames.count() > 1 && image.bits_allocated % 8))
            throw Refusal("an image within a sequence is too large");
        Bytes frame = codec_decode(syntax, result, frames.get(n));

        all.insert(all.end(), frame.begin(), frame.end());
    }
    return all;
}

void replace(DcmItem &item, const Image &image, Bytes &data)
{
    OFCondition c;

    image.store(item);
    data.resize(data.size() + data.size() % 2);
    if (image.bits_allocated <= 8)
        c = item.putAndInsertUint8Array(DCM_PixelData, data.data(), data.size());
    else
        c = item.putAndInsertUint16Array(DCM_PixelData, reinterpret_cast<Uint16 *>(data.data()),
                                         data.size() / 2);
    if (c.bad())
        throw Refusal("an image within a sequence cannot be replaced");
}

/* Return false if it cannot be decoded. */
bool treat_pixels(DcmItem &item, DcmPixelData &pixels, const std::string &syntax, Nested how)
{
    Image result;

    if (!frames_sequence(pixels))
        return true;
    try {
        Bytes data = decode(item, pixels, syntax, result);

        if (how == Nested::DECOMPRESS)
            replace(item, result, data);
    } catch (const Refusal &) {
        return false;
    }
    return true;
}

/* Return false if the pixel data of the item itself had to be removed. */
bool treat_item(DcmItem &item, const std::string &syntax, Nested how, bool top)
{
    std::vector<DcmElement *> elements; /* a copy, because the list changes during the walk */
    bool complete = true;

    for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o))
        elements.push_back(static_cast<DcmElement *>(o));
    for (DcmElement *e : elements) {
        if (e->ident() == EVR_SQ) {
            DcmSequenceOfItems &s = *static_cast<DcmSequenceOfItems *>(e);
            bool all = true;

            for (DcmObject *o = s.nextInContainer(nullptr); o; o = s.nextInContainer(o))
                all = treat_item(*static_cast<DcmItem *>(o), syntax, how, false) && all;
            if (!all && e->getTag() == DCM_IconImageSequence)
                delete item.remove(e);
        } else if (!top && e->ident() == EVR_PixelData &&
                   !treat_pixels(item, *static_cast<DcmPixelData *>(e), syntax, how)) {
            delete item.remove(e);
            complete = false;
        }
    }
    return complete;
}

}

void nested_treat(DcmDataset &d, const std::string &syntax, Nested how)
{
    treat_item(d, syntax, how, true);
}
