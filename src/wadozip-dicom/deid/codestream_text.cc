/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/codestream_text.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "wadozip-dicom/pixel/frames.h"

namespace {

constexpr uint8_t SOI = 0xd8, EOI = 0xd9, SOS = 0xda, COM = 0xfe, APP0 = 0xe0, APP15 = 0xef;
/* JPEG 2000; its EOC is EOI */
constexpr uint8_t SOC = 0x4f, SOT = 0x90, SOD = 0x93, COM_J2K = 0x64;

/* Segments without which a decoder may take other colours, as far as they are
 * needed. */
struct Kept {
    uint8_t marker;
    std::string name;
    size_t bytes;
};
const Kept kept[] = {{APP0, "JFIF", 14},
                     {APP0, "LJIF", 14},
                     {0xe8, "SPIFF", 30},
                     {0xe8, std::string("\0\0\0\1", 4), 6}, /* the end of SPIFF's directory */
                     {0xe8, "mrfx", 5},
                     {0xee, "Adobe", 12}};

/* What encoders write of themselves: a beginning, and the characters that may
 * follow. */
const struct {
    const char *begin, *then;
} encoders[] = {
    {"Created by OpenJPEG version ", "0123456789."},
    {"Created by GDCM/OpenJPEG version ", "0123456789."},
    {"OpenJPH Ver ", "0123456789."},
    {"Creator: JasPer Version ", "0123456789."},
    {"Kakadu-", "v0123456789."},
    {"Kdu-Layer-Info: log_2{Delta-D(squared-error)/Delta-L(bytes)}, L(bytes)\n",
     "0123456789eE+-., \n"},
};

bool names_encoder(const std::string &text)
{
    return std::any_of(std::begin(encoders), std::end(encoders), [&](const auto &e) {
        const size_t n = strlen(e.begin);

        return text.compare(0, n, e.begin) == 0 &&
               text.find_first_not_of(e.then, n) == std::string::npos;
    });
}

/* Walks through the fragments of all frames, in which a segment may go on in
 * the next one. */
class Blanker {
public:
    /* Returns whether the fragment was changed. */
    bool walk(Bytes &b)
    {
        changed_ = false;
        for (size_t i = 0; i < b.size();) {
            if (state_ == State::SCAN)
                i = skip_data(b, i);
            else if (state_ == State::SEGMENT)
                i = treat_segment(b, i);
            else
                step(b, i++);
        }
        return changed_;
    }

private:
    enum class State : uint8_t {
        OUTSIDE,
        OUTSIDE_FF,
        MARKER,
        CODE,
        LENGTH,
        LENGTH_LOW,
        SEGMENT,
        SCAN,
        SCAN_FF
    };

    void step(Bytes &b, size_t i)
    {
        const uint8_t c = b[i];

        switch (state_) {
        case State::OUTSIDE:
        case State::OUTSIDE_FF: outside(b, i); break;
        case State::MARKER: state_ = c == 0xff ? State::CODE : State::MARKER; break;
        case State::CODE: begin(c); break;
        case State::LENGTH:
            left_ = static_cast<size_t>(c) << 8;
            state_ = State::LENGTH_LOW;
            break;
        case State::LENGTH_LOW: begin_segment(left_ + c); break;
        default: end_data(c); break;
        }
    }

    /* Padding of zeros or 0xff follows a codestream, and perhaps another one.
     */
    void outside(Bytes &b, size_t i)
    {
        const uint8_t c = b[i];

        if (state_ == State::OUTSIDE_FF && (c == SOI || c == SOC)) {
            j2k_ = c == SOC;
            state_ = State::MARKER;
            return;
        }
        state_ = c == 0xff ? State::OUTSIDE_FF : State::OUTSIDE;
        if (c != 0xff)
            put(b, i, 0);
    }

    void begin(uint8_t code)
    {
        marker_ = code;
        if (code == 0xff) /* a fill byte */
            return;
        if (code == EOI)
            state_ = State::OUTSIDE;
        else if (j2k_ && code == SOD)
            state_ = State::SCAN;
        else if (code == 0 || code == 1 || (!j2k_ && code >= 0xd0 && code <= SOI))
            state_ = State::MARKER;
        else
            state_ = State::LENGTH;
    }

    void begin_segment(size_t length)
    {
        left_ = length < 2 ? 0 : length - 2;
        at_ = 0;
        state_ = State::SEGMENT;
        if (left_ == 0)
            end_segment();
    }

    void end_segment() { state_ = !j2k_ && marker_ == SOS ? State::SCAN : State::MARKER; }

    bool is_text() const
    {
        return j2k_ ? marker_ == COM_J2K : marker_ == COM || (marker_ >= APP0 && marker_ <= APP15);
    }

    /* Returns where the next segment, or the fragment's end, is. */
    size_t treat_segment(Bytes &b, size_t i)
    {
        const size_t n = std::min(left_, b.size() - i);

        if (is_text())
            blank(b, i, n);
        at_ += n;
        left_ -= n;
        if (left_ == 0)
            end_segment();
        return i + n;
    }

    /* A segment that is in two fragments is blanked as a whole. */
    void blank(Bytes &b, size_t i, size_t n)
    {
        const uint8_t *p = b.data() + i;
        size_t from = j2k_ && at_ == 0 ? std::min<size_t>(n, 2) : 0; /* Rcom */
        const bool whole = at_ == 0 && left_ == n;

        if (whole && marker_ != COM && !j2k_)
            for (const Kept &k : kept)
                if (marker_ == k.marker && n >= k.name.size() &&
                    memcmp(p, k.name.data(), k.name.size()) == 0)
                    from = std::min(n, k.bytes);
        if (whole && (j2k_ || marker_ == COM) && names_encoder(std::string(p + from, p + n)))
            return;
        for (size_t at = from; at < n; at++)
            put(b, i + at, j2k_ || marker_ == COM ? ' ' : 0);
    }

    /* Returns where the next byte of a marker, or the fragment's end, is. */
    size_t skip_data(const Bytes &b, size_t i)
    {
        const void *found = memchr(b.data() + i, 0xff, b.size() - i);

        if (!found)
            return b.size();
        state_ = State::SCAN_FF;
        return static_cast<size_t>(static_cast<const uint8_t *>(found) - b.data()) + 1;
    }

    /* The byte after 0xff within coded data, which contains no markers but of
     * its own kind. */
    void end_data(uint8_t c)
    {
        const bool marker = j2k_ ? c == SOT || c == EOI : c >= 0x80 && !(c >= 0xd0 && c < SOI);

        if (c == 0xff)
            return;
        state_ = State::SCAN;
        if (marker)
            begin(c);
    }

    void put(Bytes &b, size_t i, uint8_t c)
    {
        changed_ = changed_ || b[i] != c;
        b[i] = c;
    }

    State state_ = State::OUTSIDE;
    bool j2k_ = false, changed_ = false;
    uint8_t marker_ = 0;
    size_t left_ = 0, at_ = 0; /* bytes of the segment that are to come, and that were */
};

Bytes bytes_of(DcmPixelItem &fragment)
{
    Uint8 *p = nullptr;

    if (fragment.getLength() > 0 && (fragment.getUint8Array(p).bad() || !p))
        throw Refusal("the pixel data cannot be read");
    const Bytes b(p, p + (p ? fragment.getLength() : 0));

    fragment.compact(); /* frees what can be read again */
    return b;
}

/* Return whether the first fragment begins with a codestream. Throws Refusal
 * for boxes. */
bool begins_with_codestream(DcmPixelItem &fragment)
{
    static const uint8_t box[] = {0, 0, 0, 12};
    uint8_t head[8] = {};

    if (fragment.getLength() < sizeof head ||
        fragment.getPartialValue(head, 0, sizeof head, nullptr, EBO_LittleEndian).bad())
        return false;
    if (memcmp(head, box, sizeof box) == 0 &&
        (memcmp(head + 4, "jP  ", 4) == 0 || memcmp(head + 4, "JXL ", 4) == 0))
        throw Refusal("its pixel data is a JP2 or JPEG XL file, which may contain text");
    return head[0] == 0xff && (head[1] == SOI || head[1] == SOC);
}

}

bool codestream_text_blank(DcmPixelData &pixels)
{
    DcmPixelSequence *fragments = frames_sequence(pixels);
    DcmPixelItem *fragment = nullptr;
    Blanker blanker;
    bool changed = false;

    if (!fragments || fragments->getItem(fragment, 1).bad() || !begins_with_codestream(*fragment))
        return false;
    for (DcmObject *o = fragments->nextInContainer(fragments->nextInContainer(nullptr)); o;
         o = fragments->nextInContainer(o)) {
        DcmPixelItem &item = *static_cast<DcmPixelItem *>(o);
        Bytes b = bytes_of(item);

        if (!blanker.walk(b))
            continue;
        if (item.putUint8Array(b.data(), static_cast<unsigned long>(b.size())).bad())
            throw Refusal("text within the pixel data cannot be removed");
        changed = true;
    }
    return changed;
}
