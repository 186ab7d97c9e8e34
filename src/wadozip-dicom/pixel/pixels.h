/* SPDX-License-Identifier: MIT */
/*
 * Pixel data in another transfer syntax, made frame by frame while it is
 * written, so that memory does not grow with the number of frames.
 */
#ifndef WADOZIP_DICOM_PIXEL_PIXELS_H
#define WADOZIP_DICOM_PIXEL_PIXELS_H

#include "wadozip-dicom/io/result_sink.h"
#include "wadozip-dicom/pixel/frames.h"

class Pixels {
public:
    /* Convert the first frame from transfer syntax `from` to `to`. `element`
     * belongs to `item`; both must outlive this object. Throws Refusal. */
    Pixels(DcmItem &item, DcmPixelData &element, const std::string &from, const std::string &to);

    /* Write the image's new attributes; Number of Frames only if there are
     * more frames than it says. */
    void store(DcmItem &item) const;

    /* Return the compression ratio of the first frame. */
    double ratio() const
    {
        return static_cast<double>(image_.frame_bytes()) / static_cast<double>(first_.size());
    }

    /* Write the element in Explicit VR Little Endian. Call once. Throws
     * Refusal. */
    void write(ResultSink &out);

    /* Write only its value, which must be native, padded to an even length.
     * Call once. Throws Refusal. */
    void write_value(ResultSink &out);

    /* Return the bytes of the native value, padded. Throws Refusal. */
    uint64_t native_value() const;

private:
    Bytes make(uint32_t n, Image &image);
    Bytes frame(uint32_t n);
    void write_native(ResultSink &out);
    void write_fragments(ResultSink &out);

    Image image_, result_;
    Frames frames_;
    std::string from_, to_;
    bool compress_, more_ = false;
    Bytes first_;
};

/*
 * Return the top-level Pixel Data, or null: not every instance is an image, and
 * an empty element does not count.
 */
DcmPixelData *pixels_find(DcmItem &item);

/*
 * Return the bytes of pixel data when uncompressed, or as stored if it is
 * native, without padding. Throws Refusal.
 */
uint64_t pixels_size(DcmItem &item, DcmPixelData &element);

/*
 * Return the size of the whole element that Pixels::write() would write of
 * compressed pixel data in native form. Changes the item as Pixels::store()
 * does. Throws Refusal if only decoding the first frame can show it and
 * `decode` is not set.
 */
uint64_t pixels_measure(DcmItem &item, DcmPixelData &element, const std::string &from, bool decode);

/*
 * Throw Refusal (HELPER_UNDECODABLE) for ambiguous pixel data: samples of more
 * than 16 bits in Big Endian, because some writers swap all bytes of a sample
 * and most swap each 16-bit word (VR OW); and data that is not encapsulated in
 * a compressed transfer syntax, unless it is in a sequence (PS3.5 A.4).
 */
void pixels_check(DcmItem &item, const std::string &syntax);

#endif
