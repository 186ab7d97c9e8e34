/* SPDX-License-Identifier: MIT */
/* Pixel data in another form: made frame by frame while it is written, so that memory does not grow with the frames. */
#ifndef WADOZIP_DICOM_PIXEL_PIXELS_H
#define WADOZIP_DICOM_PIXEL_PIXELS_H

#include "wadozip-dicom/io/result_sink.h"
#include "wadozip-dicom/pixel/frames.h"

class Pixels {
public:
    /*
     * `element` belongs to `item`; both must outlive this object. Makes the first frame, from transfer syntax `from` to
     * `to`; throws Refusal.
     */
    Pixels(DcmItem &item, DcmPixelData &element, const std::string &from, const std::string &to);

    /* Writes what the image's attributes become; Number of Frames only if there are more than it told of. */
    void store(DcmItem &item) const;

    /* How much smaller the first frame became. */
    double ratio() const { return static_cast<double>(image_.frame_bytes()) / static_cast<double>(first_.size()); }

    /* The element, in Explicit VR Little Endian; once. Throws Refusal. */
    void write(ResultSink &out);

    /* Only its value, which must be native, with the byte that makes its length even; once. Throws Refusal. */
    void write_value(ResultSink &out);

    /* Bytes of the value in native form, padded; throws Refusal. */
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

/* The top-level Pixel Data, or null: not every instance is an image, and an empty element is none. */
DcmPixelData *pixels_find(DcmItem &item);

/* Bytes that pixel data takes uncompressed, or as it lies where it is native, without padding; throws Refusal. */
uint64_t pixels_size(DcmItem &item, DcmPixelData &element);

/*
 * Bytes of the whole element that Pixels::write() would write of compressed pixel data in native form. Changes the item as
 * Pixels::store() does. Throws Refusal if the first frame must be decompressed to tell and `decode` is not set.
 */
uint64_t pixels_measure(DcmItem &item, DcmPixelData &element, const std::string &from, bool decode);

/*
 * Throw Refusal (HELPER_UNDECODABLE) for pixel data of which it is not certain what it means: samples of more than 16 bits in
 * Big Endian, as some writers swap all bytes of a sample, most those of each 16-bit word (VR OW); and data that is not
 * encapsulated in a compressed transfer syntax, unless it lies within a sequence (PS3.5 A.4).
 */
void pixels_check(DcmItem &item, const std::string &syntax);

#endif
