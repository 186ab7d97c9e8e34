/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/extract.h"

#include "wadozip-dicom/io/load.h"
#include "wadozip-dicom/io/vr_form.h"

#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"
#include "dcmtk/dcmdata/dcsequen.h"
#include "dcmtk/dcmdata/dcwcache.h"

#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "dicom/element_path.h"
#include "dicom/transfer_syntax.h"
}

namespace {

constexpr uint32_t encapsulated_document = 0x00420011;

/* Collects an element in Explicit VR without its header (PS3.5 7.1.2). */
class Value : public DcmConsumer {
public:
    /* fragment: an item of encapsulated pixel data, which has no VR (PS3.5
     * A.4). */
    Value(ResultSink &out, bool fragment) : out_(out), fragment_(fragment) {}

    OFBool good() const override { return out_.good(); }
    OFCondition status() const override { return out_.status(); }
    OFBool isFlushed() const override { return OFTrue; }
    offile_off_t avail() const override { return out_.avail(); }
    void flush() override {}

    offile_off_t write(const void *data, offile_off_t n) override
    {
        const char *s = static_cast<const char *>(data);
        offile_off_t skipped = 0;

        for (; skipped < n && head_.size() < head_size(); skipped++)
            head_.push_back(s[skipped]);
        odd_ ^= (n - skipped) % 2 != 0;
        return skipped + out_.write(s + skipped, n - skipped);
    }

    /* Make the length even (PS3.5 7.1.1), as in a converted file. */
    void pad()
    {
        if (odd_)
            out_.put("", 1);
    }

private:
    /* Tag, VR, and a length of two bytes, or two reserved bytes and a length of
     * four. */
    size_t head_size() const
    {
        constexpr size_t short_size = 8, long_size = 12, vr_at = 4;

        if (fragment_ || head_.size() < short_size)
            return short_size;
        return vr_form(head_.data() + vr_at).long_length ? long_size : short_size;
    }

    ResultSink &out_;
    const bool fragment_;
    std::string head_;
    bool odd_ = false;
};

class ValueStream : public DcmOutputStream {
public:
    explicit ValueStream(Value &v) : DcmOutputStream(&v) {}
};

/* An element, and the data set or item that contains it. */
struct Place {
    DcmItem *item;
    DcmElement *element;
};

DcmElement *find_element(DcmItem &item, uint32_t tag)
{
    DcmElement *e = nullptr;

    if (item.findAndGetElement(DcmTagKey(static_cast<Uint16>(tag >> 16), static_cast<Uint16>(tag)),
                               e)
            .bad() ||
        !e)
        throw Refusal("there is no such element", HELPER_ABSENT);
    return e;
}

Place find(DcmDataset &d, const struct element_path &path)
{
    Place at = {&d, nullptr};

    for (size_t i = 0; i < path.count; i++) {
        const struct element_path_step &step = path.steps[i];

        at.element = find_element(*at.item, step.tag);
        if (i + 1 == path.count)
            break;
        if (at.element->ident() != EVR_SQ)
            throw Refusal("there is no such sequence", HELPER_ABSENT);
        at.item = static_cast<DcmSequenceOfItems *>(at.element)->getItem(step.item - 1);
        if (!at.item)
            throw Refusal("the sequence has no such item", HELPER_ABSENT);
    }
    return at;
}

/* Return pixel data in fragments, else null. */
DcmPixelData *compressed(const Place &at)
{
    if (at.element->ident() != EVR_PixelData)
        return nullptr;
    DcmPixelData *pixels = static_cast<DcmPixelData *>(at.element);

    return frames_sequence(*pixels) ? pixels : nullptr;
}

void check_decodable(const std::string &syntax)
{
    const struct transfer_syntax *stored = transfer_syntax_find(syntax.c_str());

    if (!stored || !stored->decodable)
        throw Refusal("the pixel data cannot be decompressed", HELPER_UNDECODABLE);
}

/* Return the items of a video, of which the first is the offset table, else
 * null. A video is sent as it is stored. */
DcmPixelSequence *video(const Place &at, const std::string &syntax)
{
    DcmPixelData *pixels = compressed(at);

    return pixels && transfer_syntax_is_video(syntax.c_str()) ? frames_sequence(*pixels) : nullptr;
}

uint64_t fragments_size(DcmPixelSequence &items)
{
    uint64_t size = 0;
    DcmPixelItem *item = nullptr;

    for (unsigned long i = 1; items.getItem(item, i).good() && item; i++)
        size += item->getLength();
    return size;
}

void write_value(DcmElement &e, bool fragment, ResultSink &out)
{
    Value value(out, fragment);
    ValueStream stream(value);
    DcmWriteCache cache;

    e.transferInit();
    OFCondition c = e.write(stream, EXS_LittleEndianExplicit, EET_UndefinedLength, &cache);
    e.transferEnd();
    if (c.bad())
        throw Refusal(std::string("the value cannot be read (") + c.text() + ")");
    value.pad();
}

void write_fragments(DcmPixelSequence &items, ResultSink &out)
{
    DcmPixelItem *item = nullptr;

    for (unsigned long i = 1; items.getItem(item, i).good() && item; i++)
        write_value(*item, true, out);
}

/* Find the element at a path, and check that it can be extracted. Throws
 * Refusal. */
Place locate(Loaded &file, const char *text)
{
    struct element_path path;

    if (!element_path_parse(text, &path))
        throw Refusal("there is no such element", HELPER_ABSENT);
    Place at = find(file.dataset(), path);

    if (at.element->ident() == EVR_PixelData)
        pixels_check(*at.item, file.transfer_syntax());
    if (compressed(at)) {
        if (!video(at, file.transfer_syntax()))
            check_decodable(file.transfer_syntax());
    } else if (!at.element->isLeaf()) {
        throw Refusal("the element is a sequence", HELPER_ABSENT);
    }
    return at;
}

class Extractor : public Maker {
public:
    explicit Extractor(const char *path) : path_(path) {}

    /* Elements of sequences do not matter: de-identification removes pixel data in them. */
    PixelUse pixel_use() const override
    {
        struct element_path path;

        if (!element_path_parse(path_, &path))
            return PixelUse::NONE;
        const uint32_t tag = path.steps[0].tag;

        return tag >> 16 == 0x7fe0 || tag == encapsulated_document ? PixelUse::CODESTREAMS
                                                                   : PixelUse::NONE;
    }

    uint64_t measure(Loaded &file, uint64_t) override
    {
        Place at = locate(file, path_);
        DcmPixelData *pixels = compressed(at);

        if (DcmPixelSequence *items = video(at, file.transfer_syntax()))
            return fragments_size(*items);
        return pixels ? pixels_size(*at.item, *pixels) : at.element->getLength();
    }

    void write(Loaded &file, ResultSink &out) override { extract_value(file, path_, out); }

private:
    const char *path_;
};

}

void extract_value(Loaded &file, const char *path, ResultSink &out)
{
    Place at = locate(file, path);

    if (DcmPixelSequence *items = video(at, file.transfer_syntax()))
        write_fragments(*items, out);
    else if (DcmPixelData *pixels = compressed(at))
        Pixels(*at.item, *pixels, file.transfer_syntax(), TRANSFER_SYNTAX_EXPLICIT_LE)
            .write_value(out);
    else
        write_value(*at.element, false, out);
}

int extract_file(int fd, int spool, const char *path, struct protocol_reply *reply)
{
    Extractor extractor(path);

    return result_make(fd, spool, extractor, reply);
}
