/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/j2k_parts.h"

#include <algorithm>

namespace {

constexpr uint32_t SOT = 0xff90, EOC = 0xffd9;
constexpr size_t siz_size = 40, sot_size = 12; /* with their markers; SIZ as far as it is read */
constexpr uint64_t tiles_max = 65535;

uint32_t big(const uint8_t *at, size_t n)
{
    uint32_t v = 0;

    while (n-- > 0)
        v = v << 8 | *at++;
    return v;
}

/* Return the number of tiles of `size` between an offset and an end (B.3). */
uint64_t tiles_between(uint32_t offset, uint32_t end, uint32_t size)
{
    return size == 0 || end <= offset ? 0 : (uint64_t{end} - offset + size - 1) / size;
}

uint64_t tile_count(const uint8_t *siz)
{
    return tiles_between(big(siz + 30, 4), big(siz + 6, 4), big(siz + 22, 4)) *
           tiles_between(big(siz + 34, 4), big(siz + 10, 4), big(siz + 26, 4));
}

struct Tile {
    uint32_t parts = 0, stated = 0; /* stated: 0 if no tile-part states the number */
};

[[noreturn]] void fail()
{
    throw Refusal("the JPEG 2000 data is damaged or ends early (a tile-part is missing)");
}

/*
 * Return the offset of the first tile-part, after the segments of the main
 * header; the size of the data if there is none.
 */
size_t skip_main_header(const Bytes &b, size_t at)
{
    while (at + 4 <= b.size() && b[at] == 0xff && big(&b[at], 2) != SOT)
        at += 2 + size_t{big(&b[at + 2], 2)};
    return std::min(at, b.size());
}

/* Count the tile-part at `at`. Returns its length, 0 at the end of the
 * codestream. */
size_t count_part(const Bytes &b, size_t at, std::vector<Tile> &tiles)
{
    if (at == b.size() || (at + 2 <= b.size() && big(&b[at], 2) == EOC))
        return 0;
    if (at + sot_size > b.size() || big(&b[at], 2) != SOT)
        return 0; /* padding, or bytes that the decoder has to interpret */
    const uint32_t index = big(&b[at + 4], 2), length = big(&b[at + 6], 4);

    if (index >= tiles.size())
        fail();
    tiles[index].parts++;
    tiles[index].stated = std::max(tiles[index].stated, big(&b[at + 11], 1));
    if (length == 0)
        return b.size() - at; /* the last one, to the end */
    if (length < sot_size || length > b.size() - at)
        fail();
    return length;
}

}

size_t j2k_parts_check(const Bytes &data)
{
    static const uint8_t start[] = {0xff, 0x4f, 0xff, 0x51};
    const auto found = std::search(data.begin(), data.end(), std::begin(start), std::end(start));
    const size_t siz = static_cast<size_t>(found - data.begin()) + 2;

    if (found == data.end() || siz + siz_size > data.size())
        fail();
    const uint64_t count = tile_count(&data[siz]);

    if (count == 0 || count > tiles_max)
        fail();
    std::vector<Tile> tiles(count);
    size_t at = skip_main_header(data, siz);

    while (size_t length = count_part(data, at, tiles))
        at += length;
    for (const Tile &t : tiles)
        if (t.parts == 0 || t.parts < t.stated)
            fail();
    return at;
}
