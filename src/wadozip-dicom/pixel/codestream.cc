/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/pixel/codestream.h"

#include "dcmtk/dcmdata/dcdeftag.h"

extern "C" {
#include "base/le.h"
#include "dicom/transfer_syntax.h"
}

#define JPEG TRANSFER_SYNTAX_IMPLICIT_LE ".4."

namespace {

/* Marker codes (ISO/IEC 10918-1 Table B.1, 14495-1 Table C.1, 15444-1 Table
 * A.2), without the leading 0xff. */
enum Marker {
    SOF0 = 0xc0, SOF1 = 0xc1, SOF3 = 0xc3, SOI = 0xd8, EOI = 0xd9, SOS = 0xda, SOF55 = 0xf7,
    SOC = 0x4f, SIZ = 0x51, COD = 0x52, SOT = 0x90
};

/* Walks over the marker segments at the beginning of a codestream. */
class Segments {
public:
    explicit Segments(const Bytes &b) : bytes_(b) {}

    /* Move to the next segment. Returns false at the end of the bytes or if
     * they are not a marker segment. */
    bool next()
    {
        at_ += length_;
        while (at_ + 1 < bytes_.size() && bytes_[at_] == 0xff && bytes_[at_ + 1] == 0xff)
            at_++; /* fill bytes */
        if (at_ + 4 > bytes_.size() || bytes_[at_] != 0xff)
            return false;
        marker_ = bytes_[at_ + 1];
        at_ += 2;
        length_ = static_cast<size_t>(bytes_[at_] << 8 | bytes_[at_ + 1]);
        return length_ >= 2 && at_ + length_ <= bytes_.size();
    }

    unsigned marker() const { return marker_; }

    /* Return byte i of the segment, counted from its length field; 0 if the
     * segment is shorter. */
    unsigned byte(size_t i) const { return i < length_ ? bytes_[at_ + i] : 0; }

private:
    const Bytes &bytes_;
    size_t at_ = 2, length_ = 0; /* the first marker has no segment */
    unsigned marker_ = 0;
};

/* `parameter`: from the scan header, the predictor of lossless JPEG or NEAR of
 * JPEG-LS. */
std::string jpeg_process(unsigned frame, unsigned precision, unsigned parameter)
{
    switch (frame) {
    case SOF0:
        return precision == 8 ? JPEG "50" : "";
    case SOF1:
        return JPEG "51";
    case SOF3:
        return parameter == 1 ? JPEG "70" : JPEG "57";
    case SOF55:
        return parameter == 0 ? JPEG "80" : JPEG "81";
    default:
        return "";
    }
}

bool is_frame_header(unsigned marker)
{
    constexpr unsigned first = 0xc0, last = 0xcf, dht = 0xc4, jpg = 0xc8, dac = 0xcc;

    return marker == SOF55 ||
           (marker >= first && marker <= last && marker != dht && marker != jpg && marker != dac);
}

std::string jpeg_syntax(const Bytes &b)
{
    unsigned frame = 0, precision = 0;

    for (Segments s(b); s.next() && s.marker() != EOI;) {
        if (is_frame_header(s.marker())) {
            frame = s.marker();
            precision = s.byte(2);
        } else if (s.marker() == SOS) {
            return jpeg_process(frame, precision, s.byte(3 + 2 * s.byte(2)));
        }
    }
    return "";
}

/* A reversible transformation is lossless unless the data set records a loss.
 */
std::string j2k_syntax(DcmItem &item, const Bytes &b)
{
    constexpr size_t style_at = 10, transformation_at = 11;
    constexpr unsigned high_throughput = 0x40, reversible = 1;
    OFString lossy;

    item.findAndGetOFString(DCM_LossyImageCompression, lossy);
    for (Segments s(b); s.next() && s.marker() != SOT;) {
        if (s.marker() != COD)
            continue;
        bool lossless = s.byte(transformation_at) == reversible && lossy != "01";

        if (s.byte(style_at) & high_throughput)
            return lossless ? JPEG "201" : JPEG "203";
        return lossless ? JPEG "90" : JPEG "91";
    }
    return "";
}

/* The header (PS3.5 G.5) has one segment for each byte of a pixel and nothing
 * in the unused offsets. */
bool is_rle(DcmItem &item, const Bytes &b)
{
    constexpr size_t header = 64, offsets_max = 15;
    Uint16 samples = 1, bits = 0;

    item.findAndGetUint16(DCM_SamplesPerPixel, samples);
    if (item.findAndGetUint16(DCM_BitsAllocated, bits).bad() || b.size() < header)
        return false;
    size_t segments = static_cast<size_t>(samples) * ((bits + 7) / 8);

    if (segments == 0 || segments > offsets_max || le32_get(&b[0]) != segments ||
        le32_get(&b[4]) != header)
        return false;
    for (size_t i = 1; i < offsets_max; i++) {
        uint32_t before = le32_get(&b[4 * i]), at = le32_get(&b[4 * i + 4]);

        if (i < segments ? at <= before : at != 0)
            return false;
    }
    return true;
}

}

std::string codestream_syntax(DcmItem &item, const Bytes &head)
{
    if (head.size() < 4)
        return "";
    if (head[0] == 0xff && head[1] == SOI && head[2] == 0xff)
        return jpeg_syntax(head);
    if (head[0] == 0xff && head[1] == SOC && head[2] == 0xff && head[3] == SIZ)
        return j2k_syntax(item, head);
    return is_rle(item, head) ? TRANSFER_SYNTAX_RLE : "";
}
