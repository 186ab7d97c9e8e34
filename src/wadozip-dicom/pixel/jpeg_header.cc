/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/jpeg_header.h"

#include <cstring>

namespace {

enum Marker : uint8_t {
    TEM = 0x01,
    RES_LAST = 0xbf,
    SOF0 = 0xc0,
    DHT = 0xc4,
    JPG = 0xc8,
    DAC = 0xcc,
    SOF15 = 0xcf,
    RST0 = 0xd0,
    SOI = 0xd8,
    EOI = 0xd9,
    SOS = 0xda,
    APP0 = 0xe0,
    APP14 = 0xee
};

constexpr size_t colour_components = 3;

/* A marker segment without its marker and length. */
struct Segment {
    uint8_t marker = 0;
    const uint8_t *data = nullptr;
    size_t size = 0;

    bool begins_with(const char *name, size_t n) const
    {
        return size >= n && memcmp(data, name, n) == 0;
    }
};

/*
 * Read the segment at *at and move past it; for TEM, which has none, only the
 * marker. Returns false at the first scan and if there is none.
 */
bool next(const Bytes &b, size_t *at, Segment *s)
{
    while (*at + 4 <= b.size() && b[*at] == 0xff) {
        const uint8_t marker = b[*at + 1];
        const size_t length = static_cast<size_t>(b[*at + 2]) << 8 | b[*at + 3];

        if (marker == 0xff) {
            ++*at; /* a fill byte (B.1.1.2) */
        } else if (marker >= RST0 && marker <= SOI) {
            *at += 2;
        } else if (marker == TEM) {
            *s = {marker, nullptr, 0};
            *at += 2;
            return true;
        } else if (marker <= RES_LAST || marker == SOS || marker == EOI || length < 2 ||
                   *at + 2 + length > b.size()) {
            return false;
        } else {
            *s = {marker, b.data() + *at + 4, length - 2};
            *at += 2 + length;
            return true;
        }
    }
    return false;
}

bool is_frame_header(uint8_t marker)
{
    return marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC;
}

/* Components named R, G, B are RGB; chrominance with fewer samples than
 * luminance is not. */
JpegColour colour_of_components(const uint8_t *c)
{
    if (c[0] == 'R' && c[3] == 'G' && c[6] == 'B')
        return JpegColour::RGB;
    return c[1] != c[4] || c[1] != c[7] ? JpegColour::YCC : JpegColour::UNKNOWN;
}

}

Bytes jpeg_without_temporary(const Bytes &data)
{
    Bytes result;
    size_t copied = 0;
    Segment s;

    for (size_t at = 0; next(data, &at, &s);) {
        if (s.marker != TEM)
            continue;
        result.insert(result.end(), data.data() + copied, data.data() + at - 2);
        copied = at;
    }
    result.insert(result.end(), data.data() + copied, data.data() + data.size());
    return result;
}

JpegHeader jpeg_header(const Bytes &data)
{
    constexpr size_t frame_head = 6, component = 3, adobe_transform = 11;
    JpegHeader h;
    JpegColour adobe = JpegColour::UNKNOWN, own = JpegColour::UNKNOWN;
    bool jfif = false;
    Segment s;

    for (size_t at = 0; next(data, &at, &s);) {
        h.temporary |= s.marker == TEM;
        if (s.marker == APP0 && s.begins_with("JFIF", 5)) {
            jfif = true;
        } else if (s.marker == APP14 && s.size > adobe_transform && s.begins_with("Adobe", 5)) {
            adobe = s.data[adobe_transform] == 0 ? JpegColour::RGB : JpegColour::YCC;
        } else if (is_frame_header(s.marker) && s.size >= frame_head) {
            h.rows = static_cast<uint32_t>(s.data[1] << 8 | s.data[2]);
            h.columns = static_cast<uint32_t>(s.data[3] << 8 | s.data[4]);
            h.components = s.data[5];
            if (h.components == colour_components &&
                s.size >= frame_head + colour_components * component)
                own = colour_of_components(s.data + frame_head);
        }
    }
    if (h.components == colour_components)
        h.colour = jfif ? JpegColour::YCC : adobe != JpegColour::UNKNOWN ? adobe : own;
    return h;
}
