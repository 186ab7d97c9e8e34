/* SPDX-License-Identifier: MIT */
/*
 * libjpeg writes JPEG Baseline, because DCMTK's lossy encoder uses its display
 * pipeline and stretches values.
 */
#include "wadozip-dicom/pixel/codec.h"

#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <jpeglib.h>

namespace {

constexpr int conservative = 95; /* quality of images that stay DICOM */

struct Errors {
    struct jpeg_error_mgr manager;
    jmp_buf failed;
};

void leave(j_common_ptr c)
{
    longjmp(reinterpret_cast<Errors *>(c->err)->failed, 1);
}

void report_nothing(j_common_ptr)
{
}

/* Chrominance of every second column (4:2:2), as YBR_FULL_422 wants (PS3.5
 * 8.2.1). `picture`: a file by itself. */
void set_up(jpeg_compress_struct *c, const Image &image, int quality, bool picture)
{
    c->image_width = image.columns;
    c->image_height = image.rows;
    c->input_components = static_cast<int>(image.samples);
    c->in_color_space = image.samples == 1           ? JCS_GRAYSCALE
                        : image.photometric == "RGB" ? JCS_RGB
                                                     : JCS_YCbCr;
    jpeg_set_defaults(c);
    jpeg_set_quality(c, quality, TRUE);
    c->write_JFIF_header = picture;
    if (image.samples == 3) {
        c->comp_info[0].h_samp_factor = 2;
        c->comp_info[0].v_samp_factor = 1;
    }
}

/* No object here has a destructor that longjmp would skip. */
bool compress(const Image &image, const uint8_t *frame, int quality, bool picture,
              unsigned char **out, unsigned long *size)
{
    jpeg_compress_struct c = {};
    Errors errors = {};

    c.err = jpeg_std_error(&errors.manager);
    errors.manager.error_exit = leave;
    errors.manager.output_message = report_nothing;
    if (setjmp(errors.failed)) {
        jpeg_destroy_compress(&c);
        return false;
    }
    jpeg_create_compress(&c);
    jpeg_mem_dest(&c, out, size);
    set_up(&c, image, quality, picture);
    jpeg_start_compress(&c, TRUE);
    while (c.next_scanline < c.image_height) {
        JSAMPROW row = const_cast<uint8_t *>(frame) +
                       static_cast<size_t>(c.next_scanline) * image.columns * image.samples;

        jpeg_write_scanlines(&c, &row, 1);
    }
    jpeg_finish_compress(&c);
    jpeg_destroy_compress(&c);
    return true;
}

}

static Bytes make(const Image &image, const Bytes &frame, int quality, bool picture)
{
    unsigned char *out = nullptr;
    unsigned long size = 0;
    bool ok = compress(image, frame.data(), quality, picture, &out, &size);
    std::unique_ptr<unsigned char, void (*)(void *)> owner(out, free);

    if (!ok)
        throw Refusal("a frame cannot be compressed with JPEG");
    return Bytes(out, out + size);
}

Bytes codec_jpeg_encode(Image &image, const Bytes &frame)
{
    if (image.bits_allocated != 8 || (image.samples != 1 && image.samples != 3))
        throw Refusal("JPEG Baseline is made of 8 bit images with one or three samples only");
    Bytes made = make(image, frame, conservative, false);

    if (image.samples == 3)
        image.photometric = "YBR_FULL_422";
    return made;
}

Bytes codec_jpeg_picture(const Image &image, const Bytes &pixels, unsigned quality)
{
    return make(image, pixels, static_cast<int>(quality), true);
}
