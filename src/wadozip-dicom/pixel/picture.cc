/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/picture.h"

#include <png.h>

Bytes picture_png(const Image &image, const Bytes &pixels)
{
    png_image png = {};
    png_alloc_size_t size;
    Bytes out;

    png.version = PNG_IMAGE_VERSION;
    png.width = image.columns;
    png.height = image.rows;
    png.format = image.samples == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    png.flags = PNG_IMAGE_FLAG_FAST;
    out.resize(PNG_IMAGE_PNG_SIZE_MAX(png));
    size = out.size();
    if (!png_image_write_to_memory(&png, out.data(), &size, 0, pixels.data(), 0, nullptr))
        throw Refusal(std::string("the image cannot be written as PNG (") + png.message + ")");
    out.resize(size);
    return out;
}
