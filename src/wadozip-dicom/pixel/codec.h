/* SPDX-License-Identifier: MIT */
/*
 * Frames in and out of their compressed forms. Uncompressed frames are little endian, pixel by pixel, or packed bits.
 */
#ifndef WADOZIP_DICOM_PIXEL_CODEC_H
#define WADOZIP_DICOM_PIXEL_CODEC_H

#include "wadozip-dicom/pixel/image.h"

/* Registers DCMTK's codecs; before the sandbox. */
void codec_prepare();

/*
 * Decompresses one frame that lies in transfer syntax `syntax`. `image` holds its attributes and is changed to those of
 * the result. Throws Refusal.
 */
Bytes codec_decode(const std::string &syntax, Image &image, const Bytes &data);

/*
 * Change `image` as codec_decode() would. False if a frame must be decompressed to tell: then `image` is void. `data`: the
 * first bytes of a frame. Throws Refusal for images that codec_decode() refuses by their attributes.
 */
bool codec_foresee(const std::string &syntax, Image &image, const Bytes &data);

/* Compresses one frame likewise. `frame` may be rearranged. */
Bytes codec_encode(const std::string &syntax, Image &image, Bytes &frame);

/* DCMTK's: JPEG; to compress JPEG Lossless and RLE. */
Bytes codec_dcmtk_decode(const std::string &syntax, Image &image, const Bytes &data);
Bytes codec_dcmtk_encode(const std::string &syntax, Image &image, const Bytes &frame);
void codec_dcmtk_prepare();

/* libjpeg's: to compress to JPEG Baseline. */
Bytes codec_jpeg_encode(Image &image, const Bytes &frame);

/* A JPEG file of 8 bit grey or RGB, quality 1 to 100. Throws Refusal. */
Bytes codec_jpeg_picture(const Image &image, const Bytes &pixels, unsigned quality);

/* CharLS's: JPEG-LS. */
Bytes codec_jls_decode(Image &image, const Bytes &data);
Bytes codec_jls_encode(Image &image, const Bytes &frame, bool lossless);

/* OpenJPEG's: JPEG 2000; to decompress also High-Throughput JPEG 2000. */
Bytes codec_j2k_decode(Image &image, const Bytes &data);
Bytes codec_j2k_encode(Image &image, const Bytes &frame, bool lossless);

#endif
