/* SPDX-License-Identifier: MIT */
/*
 * Encode and decode compressed frames. Uncompressed frames are little endian,
 * pixel by pixel, or packed bits.
 */
#ifndef WADOZIP_DICOM_PIXEL_CODEC_H
#define WADOZIP_DICOM_PIXEL_CODEC_H

#include "wadozip-dicom/pixel/image.h"

/* Register DCMTK's codecs, before the sandbox. */
void codec_prepare();

/*
 * Decode one frame in transfer syntax `syntax`. `image` has its attributes and
 * receives those of the result. Throws Refusal.
 */
Bytes codec_decode(const std::string &syntax, Image &image, const Bytes &data);

/*
 * Change `image` as codec_decode() would. Returns false if only decoding a
 * frame can show that; `image` is then invalid. `data`: the first bytes of a
 * frame. Throws Refusal for images that codec_decode() refuses by their
 * attributes.
 */
bool codec_foresee(const std::string &syntax, Image &image, const Bytes &data);

/* Encode one frame likewise. `frame` may be rearranged. */
Bytes codec_encode(const std::string &syntax, Image &image, Bytes &frame);

/* With DCMTK: decode JPEG; encode JPEG Lossless and RLE. */
Bytes codec_dcmtk_decode(const std::string &syntax, Image &image, const Bytes &data);
Bytes codec_dcmtk_encode(const std::string &syntax, Image &image, const Bytes &frame);
void codec_dcmtk_prepare();

/* With libjpeg: encode JPEG Baseline. */
Bytes codec_jpeg_encode(Image &image, const Bytes &frame);

/* A JPEG file of 8 bit grey or RGB, quality 1 to 100. Throws Refusal. */
Bytes codec_jpeg_picture(const Image &image, const Bytes &pixels, unsigned quality);

/* With CharLS: JPEG-LS. */
Bytes codec_jls_decode(Image &image, const Bytes &data);
Bytes codec_jls_encode(Image &image, const Bytes &frame, bool lossless);

/* With OpenJPEG: JPEG 2000; decodes also High-Throughput JPEG 2000. */
Bytes codec_j2k_decode(Image &image, const Bytes &data);
Bytes codec_j2k_encode(Image &image, const Bytes &frame, bool lossless);

#endif
