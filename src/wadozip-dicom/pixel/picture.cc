/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/picture.h"

#include <zlib.h>

extern "C" {
#include "base/crc.h"
}

namespace {

constexpr uint8_t signature[] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};
constexpr uint8_t difference = 1; /* filter type Sub (PNG 9.2): each byte less that of the pixel before */

void put32(Bytes &out, uint32_t v)
{
    out.insert(out.end(), {static_cast<uint8_t>(v >> 24), static_cast<uint8_t>(v >> 16), static_cast<uint8_t>(v >> 8),
                           static_cast<uint8_t>(v)});
}

void put_chunk(Bytes &out, const char *type, const Bytes &data)
{
    put32(out, static_cast<uint32_t>(data.size()));
    const size_t from = out.size();

    out.insert(out.end(), type, type + 4);
    out.insert(out.end(), data.begin(), data.end());
    put32(out, crc_update(0, &out[from], out.size() - from));
}

Bytes header(const Image &image)
{
    Bytes h;

    put32(h, image.columns);
    put32(h, image.rows);
    h.insert(h.end(), {8, static_cast<uint8_t>(image.samples == 3 ? 2 : 0), 0, 0, 0});
    return h;
}

Bytes filtered(const Image &image, const Bytes &pixels)
{
    const size_t width = size_t{image.columns} * image.samples;
    Bytes lines;

    lines.reserve((width + 1) * image.rows);
    for (size_t y = 0; y < image.rows; y++) {
        const uint8_t *line = &pixels[y * width];

        lines.push_back(difference);
        for (size_t x = 0; x < width; x++)
            lines.push_back(static_cast<uint8_t>(line[x] - (x < image.samples ? 0 : line[x - image.samples])));
    }
    return lines;
}

}

Bytes picture_png(const Image &image, const Bytes &pixels)
{
    const Bytes lines = filtered(image, pixels);
    uLongf size = compressBound(lines.size());
    Bytes data(size), out(signature, signature + sizeof signature);

    if (compress2(data.data(), &size, lines.data(), lines.size(), Z_BEST_SPEED) != Z_OK)
        throw Refusal("an image cannot be compressed");
    data.resize(size);
    put_chunk(out, "IHDR", header(image));
    put_chunk(out, "IDAT", data);
    put_chunk(out, "IEND", {});
    return out;
}
