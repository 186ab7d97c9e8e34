/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/pixel_place.h"

#include "dcmtk/dcmdata/dcxfer.h"

#include <cstring>

#include "wadozip-dicom/io/meta_group.h"
#include "wadozip-dicom/io/vr_form.h"
#include "wadozip-dicom/pixel/frames.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "base/le.h"
#include "dicom/transfer_syntax.h"
}

namespace {

constexpr uint32_t pixel_data = 0x7fe00010, item = 0xfffee000, item_end = 0xfffee00d,
                   sequence_end = 0xfffee0dd;
constexpr uint32_t undefined = 0xffffffff;
constexpr unsigned depth_max = 128;

struct Lost {}; /* thrown where the bytes are no elements */

struct Header {
    uint32_t tag, length;
    bool unknown;   /* VR UN */
    uint64_t value; /* its place */
};

class Walk {
public:
    Walk(Source &source, E_TransferSyntax syntax)
        : source_(source), explicit_(DcmXfer(syntax).isExplicitVR()),
          big_(DcmXfer(syntax).getByteOrder() == EBO_BigEndian)
    {
    }

    /* The pixel data's header in the data set that begins at `at`; false if
     * there is none. */
    bool find(uint64_t at, Header *h)
    {
        while (at + 8 <= source_.visible()) {
            *h = element(at, explicit_);
            if (h->tag == pixel_data)
                return true;
            at = after(*h, explicit_, 0);
        }
        return false;
    }

    /* Items of encapsulated pixel data whose first one lies at `at`; returns
     * the end. */
    uint64_t items(uint64_t at, std::vector<struct frame_extent> *out)
    {
        for (;;) {
            const Header h = bare(at);

            if (h.tag == sequence_end && h.length == 0)
                return h.value;
            if (h.tag != item || h.length == undefined || out->size() > FRAME_TABLE_FRAGMENTS_MAX)
                throw Lost();
            out->push_back({h.value, h.length});
            at = step(h.value, h.length);
        }
    }

private:
    uint16_t get16(const uint8_t *p) const
    {
        return big_ ? static_cast<uint16_t>(p[0] << 8 | p[1]) : le16_get(p);
    }

    uint32_t get32(const uint8_t *p) const
    {
        return big_ ? static_cast<uint32_t>(get16(p)) << 16 | get16(p + 2) : le32_get(p);
    }

    /* The header without VR of the 8 bytes at `at`. */
    Header header(const uint8_t *b, uint64_t at) const
    {
        return {static_cast<uint32_t>(get16(b)) << 16 | get16(b + 2), get32(b + 4), false, at + 8};
    }

    uint64_t step(uint64_t at, uint64_t length) const
    {
        if (length > source_.visible() || at > source_.visible() - length)
            throw Lost();
        return at + length;
    }

    /* A tag and a length without VR, as items and Implicit VR have them. */
    Header bare(uint64_t at)
    {
        uint8_t b[8];

        if (source_.read(at, b, sizeof b) != sizeof b)
            throw Lost();
        return header(b, at);
    }

    Header element(uint64_t at, bool explicit_vr)
    {
        uint8_t b[12];
        const size_t n = source_.read(at, b, sizeof b);

        if (n < 8)
            throw Lost();
        Header h = header(b, at);

        if (!explicit_vr || h.tag >> 16 == 0xfffe)
            return h;
        h.unknown = memcmp(b + 4, "UN", 2) == 0;
        h.length = get16(b + 6);
        if (!vr_form(reinterpret_cast<const char *>(b + 4)).long_length)
            return h;
        if (n < sizeof b)
            throw Lost();
        h.length = get32(b + 8);
        h.value = at + sizeof b;
        return h;
    }

    /* The end of an element. The content of UN of undefined length is Implicit
     * VR (PS3.5 6.2.2). */
    uint64_t after(const Header &h, bool explicit_vr, unsigned depth)
    {
        if (h.tag >> 16 == 0xfffe || depth > depth_max)
            throw Lost();
        if (h.length != undefined)
            return step(h.value, h.length);
        return after_sequence(h.value, explicit_vr && !h.unknown, depth + 1);
    }

    uint64_t after_sequence(uint64_t at, bool explicit_vr, unsigned depth)
    {
        for (;;) {
            const Header h = bare(at);

            if (h.tag == sequence_end)
                return h.value;
            if (h.tag != item)
                throw Lost();
            at = h.length == undefined ? after_item(h.value, explicit_vr, depth)
                                       : step(h.value, h.length);
        }
    }

    uint64_t after_item(uint64_t at, bool explicit_vr, unsigned depth)
    {
        for (;;) {
            const Header h = element(at, explicit_vr);

            if (h.tag == item_end)
                return h.value;
            at = after(h, explicit_vr, depth);
        }
    }

    Source &source_;
    bool explicit_, big_;
};

/* Whether DCMTK has read the same fragments. */
bool agrees(DcmPixelSequence &sequence, const std::vector<struct frame_extent> &items)
{
    size_t n = 0;

    for (DcmObject *o = nullptr; (o = sequence.nextInContainer(o)); n++)
        if (n >= items.size() || static_cast<DcmPixelItem *>(o)->getLength() != items[n].size)
            return false;
    return n == items.size();
}

PixelPlace locate(Source &source, Loaded &file, DcmPixelData &pixels)
{
    DcmPixelSequence *sequence = frames_sequence(pixels);
    Walk walk(source, file.dataset().getOriginalXfer());
    PixelPlace place;
    Header h;

    if (!walk.find(meta_group_of(source, file.has_magic() ? meta_group_at : 0).end, &h) ||
        (h.length == undefined) != (sequence != nullptr))
        return {};
    place.offset = h.value;
    place.length = h.length;
    if (sequence)
        place.length = walk.items(h.value, &place.items) - h.value;
    /* What is read may go on after the file, with delimiters that it lacks. */
    const bool inside = place.offset + place.length <= source.size();

    return inside && (sequence ? agrees(*sequence, place.items) : pixels.getLength() == h.length)
               ? place
               : PixelPlace{};
}

class Table {
public:
    Table(enum frame_table_kind kind, uint32_t frames)
    {
        put(kind, 1);
        put(frames, 4);
    }

    void put(uint64_t v, int bytes)
    {
        for (int i = 0; i < bytes; i++)
            bytes_ += static_cast<char>(v >> 8 * i);
    }

    void put(const struct frame_extent &e)
    {
        put(e.at, 6);
        put(e.size, 4);
    }

    const std::string &bytes() const { return bytes_; }

private:
    std::string bytes_;
};

std::string table_of_video(const PixelPlace &place)
{
    Table t(FRAME_TABLE_STREAM, 1);

    for (size_t i = 1; i < place.items.size(); i++)
        t.put(place.items[i]);
    return t.bytes();
}

std::string table_of_fragments(const PixelPlace &place, const std::vector<size_t> &first)
{
    const uint32_t count = static_cast<uint32_t>(first.size() - 1);
    const bool single = count + 1 == place.items.size();
    Table t(single ? FRAME_TABLE_FRAGMENT : FRAME_TABLE_FRAGMENTS, count);

    for (size_t i = 0; !single && i < first.size(); i++)
        t.put(first[i] - 1, 4);
    for (size_t i = 1; i < place.items.size(); i++)
        t.put(place.items[i]);
    return t.bytes();
}

std::string table_of(Loaded &file, const PixelPlace &place, DcmPixelData &pixels)
{
    Image image = Image::of(file.dataset());

    if (transfer_syntax_is_video(file.transfer_syntax().c_str()) && !place.items.empty())
        return table_of_video(place);
    Frames frames(file.dataset(), pixels, image);
    const bool whole = image.frame_bits() % 8 == 0 || frames.count() == 1;

    if (frames.encapsulated())
        return table_of_fragments(place, frames.starts());
    if (DcmXfer(file.dataset().getOriginalXfer()).getByteOrder() == EBO_BigEndian || !whole)
        return Table(FRAME_TABLE_NONE, frames.count()).bytes();
    Table t(FRAME_TABLE_NATIVE, frames.count());

    t.put(image.frame_bytes(), 8);
    return t.bytes();
}

}

PixelPlace pixel_place_find(Source &source, Loaded &file)
{
    DcmPixelData *pixels = pixels_find(file.dataset());

    if (!pixels || DcmXfer(file.dataset().getOriginalXfer()).getStreamCompression() != ESC_none)
        return {};
    try {
        return locate(source, file, *pixels);
    } catch (const Lost &) {
        return {};
    }
}

std::string pixel_place_table(Loaded &file, const PixelPlace &place)
{
    DcmPixelData *pixels = place.offset ? pixels_find(file.dataset()) : nullptr;

    try {
        if (pixels)
            return table_of(file, place, *pixels);
    } catch (const Refusal &) {
        /* no image, or the fragments cannot be assigned to frames */
        return Table(FRAME_TABLE_NONE, 0).bytes();
    }
    return Table(FRAME_TABLE_NONE, 0).bytes();
}
