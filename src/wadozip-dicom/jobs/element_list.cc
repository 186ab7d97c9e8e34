/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/element_list.h"

#include "wadozip-dicom/io/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include <algorithm>
#include <charconv>

#include "helper/element_line.h"
#include "wadozip-dicom/dataset/dataset_walk.h"
#include "wadozip-dicom/dataset/unknown.h"
#include "wadozip-dicom/dataset/value.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/frames.h"

extern "C" {
#include "base/crc.h"
}

namespace {

constexpr uint32_t shown_bytes = 32;    /* longest binary value that is written in full */
constexpr uint32_t shown_numbers = 256; /* the same of numbers, in bytes */
constexpr uint32_t piece_bytes = 65536;

/* Joins the values of one element. */
class Values : public Model {
public:
    void begin() override {}
    void finish() override {}
    void begin_attribute(const ModelAttribute &) override {}
    void end_attribute() override {}
    void begin_item() override {}
    void end_item() override {}
    void bulk(const std::string &) override {}

    void binary(const uint8_t *data, size_t n) override
    {
        static const char digits[] = "0123456789ABCDEF";

        for (size_t i = 0; i < n; i++) {
            joined_ += digits[data[i] >> 4];
            joined_ += digits[data[i] & 15];
        }
    }

    void text(const std::string &s) override
    {
        if (count_++)
            joined_ += '\\';
        joined_ += s;
    }

    void name(const std::string &s) override { text(s); }
    void number(const std::string &s) override { text(s); }

    void real(double v) override
    {
        char digits[32];
        const std::to_chars_result r = std::to_chars(digits, digits + sizeof digits, v);

        text(std::string(digits, r.ptr));
    }

    const std::string &joined() const { return joined_; }

private:
    std::string joined_;
    size_t count_ = 0;
};

/* Length and CRC-32 of values, read in pieces: pixel data can be larger than memory. */
class Digest {
public:
    void add(DcmElement &e)
    {
        const uint32_t length = e.getLength();
        Bytes piece(std::min(length, piece_bytes));
        DcmFileCache cache;

        for (uint32_t at = 0, n; at < length; at += n) {
            n = std::min(length - at, piece_bytes);
            if (e.getPartialValue(piece.data(), at, n, &cache, EBO_LittleEndian).bad())
                throw Refusal("a value cannot be read");
            crc_ = crc_update(crc_, piece.data(), n);
        }
        bytes_ += length;
    }

    std::string text() const
    {
        char crc[16];

        snprintf(crc, sizeof crc, "%08X", static_cast<unsigned>(crc_));
        return std::to_string(bytes_) + " bytes, CRC-32 " + crc;
    }

private:
    uint64_t bytes_ = 0;
    uint32_t crc_ = 0;
};

std::string fragments_text(DcmPixelSequence &s)
{
    const unsigned long count = s.card();
    DcmPixelItem *fragment = nullptr;
    Digest digest;

    for (unsigned long i = 1; i < count && s.getItem(fragment, i).good();
         i++) /* 0 is the offset table */
        digest.add(*fragment);
    return std::to_string(count ? count - 1 : 0) +
           (count == 2 ? " fragment of " : " fragments of ") + digest.text();
}

class ListMaker : public Maker {
public:
    bool reads_all() const override { return false; }

    uint64_t measure(Loaded &file, uint64_t) override
    {
        return 2 * dataset_walk_measure(file.dataset());
    }

    void write(Loaded &file, ResultSink &out) override
    {
        unknown_resolve(file.dataset());
        items(file.meta(), "", "", 0, out);
        items(file.dataset(), "", "", 0, out);
    }

private:
    static void items(DcmItem &item, const std::string &path, std::string charset, unsigned depth,
                      ResultSink &out)
    {
        for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o))
            if (o->getTag() == DCM_SpecificCharacterSet)
                charset = load_uid(static_cast<DcmElement *>(o));
        for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o))
            if (o->getETag() != 0) /* PS3.5 7.2: group lengths describe the encoding */
                element(*static_cast<DcmElement *>(o), path, charset, depth, out);
    }

    static void element(DcmElement &e, const std::string &path, const std::string &charset,
                        unsigned depth, ResultSink &out)
    {
        char tag[9];

        snprintf(tag, sizeof tag, "%04X%04X", e.getGTag(), e.getETag());
        if (e.ident() != EVR_SQ)
            return line(path + tag, e, value(e, charset), out);
        DcmSequenceOfItems &s = static_cast<DcmSequenceOfItems &>(e);
        unsigned number = 0;

        if (depth == DATASET_WALK_DEPTH_MAX)
            throw Refusal("sequences lie too deep within each other");
        line(path + tag, e,
             s.card() ? std::to_string(s.card()) + (s.card() == 1 ? " item" : " items") : "", out);
        for (DcmObject *o = s.nextInContainer(nullptr); o; o = s.nextInContainer(o)) {
            char step[16];

            snprintf(step, sizeof step, "/%06u/", ++number);
            items(*static_cast<DcmItem *>(o), path + tag + step, charset, depth + 1, out);
        }
    }

    static std::string value(DcmElement &e, const std::string &charset)
    {
        const char *vr = value_vr(e);
        DcmPixelSequence *fragments =
            e.ident() == EVR_PixelData ? frames_sequence(static_cast<DcmPixelData &>(e)) : nullptr;
        Digest digest;
        Values values;

        if (fragments)
            return fragments_text(*fragments);
        if (e.getLength() > longest(e, vr)) {
            digest.add(e);
            return digest.text();
        }
        if (e.getLength() > 0)
            value_print(value_bytes(e), vr, charset, values);
        return values.joined();
    }

    static uint32_t longest(DcmElement &e, const char *vr)
    {
        if (value_is_binary(vr))
            return shown_bytes;
        return e.isaString() ? UINT32_MAX : shown_numbers;
    }

    static void line(const std::string &path, DcmElement &e, const std::string &value,
                     ResultSink &out)
    {
        const char separators[] = {ELEMENT_LINE_FIELD, ELEMENT_LINE_END};
        DcmTag tag = e.getTag();
        const std::string name = tag.getTagName(), fields[] = {path, value_vr(e), name, value};

        for (size_t i = 0; i < ELEMENT_LINE_FIELDS; i++) {
            out.put(fields[i].data(), fields[i].size());
            out.put(separators + (i + 1 == ELEMENT_LINE_FIELDS), 1);
        }
    }
};

}

int element_list_file(int fd, int spool, struct protocol_reply *reply)
{
    ListMaker maker;
    int result = result_make(fd, spool, maker, reply);

    result_only_refused(reply);
    return result;
}
