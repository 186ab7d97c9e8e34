/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcdict.h"
#include "dcmtk/dcmdata/dcvr.h"
#include "dcmtk/oflog/oflog.h"

#include <algorithm>
#include <cstring>

#include "wadozip-dicom/dataset/ambiguous.h"
#include "wadozip-dicom/dataset/charset.h"
#include "wadozip-dicom/io/reading.h"
#include "wadozip-dicom/pixel/codestream.h"
#include "wadozip-dicom/pixel/frames.h"

extern "C" {
#include "base/le.h"
#include "dicom/transfer_syntax.h"
#include "dicom/uid.h"
}

namespace {

constexpr size_t magic_at = 128;

/*
 * Return whether this is a first element, in any encoding: group 2 or 8,
 * element below 0x1000, then a VR or a length that fits.
 */
bool is_first_element(const unsigned char *p, uint64_t file_size)
{
    bool little = p[1] == 0 && (p[0] == 2 || p[0] == 8) && p[3] < 0x10;
    bool big = p[0] == 0 && (p[1] == 2 || p[1] == 8) && p[2] < 0x10;
    bool vr = p[4] >= 'A' && p[4] <= 'Z' && p[5] >= 'A' && p[5] <= 'Z';

    return (little && (vr || le32_get(p + 4) < file_size)) || (big && vr);
}

/* Return the start of the fragment after the basic offset table; empty if it
 * cannot be read. */
Bytes first_fragment(DcmPixelSequence &fragments)
{
    DcmPixelItem *item = nullptr;

    if (fragments.getItem(item, 1).bad() || !item)
        return {};
    Bytes head(std::min<size_t>(item->getLength(), CODESTREAM_HEAD_MAX));

    if (!head.empty() &&
        item->getPartialValue(head.data(), 0, static_cast<Uint32>(head.size()), nullptr).bad())
        return {};
    return head;
}

}

bool load_prepare()
{
    OFLog::configure(OFLogger::OFF_LOG_LEVEL);
    dcmEnableAutomaticInputDataCorrection.set(OFFalse);
    dcmEnableUnknownVRConversion.set(OFTrue);
    dcmAutoDetectDatasetXfer.set(OFTrue);
    dcmUseExplLengthPixDataForEncTS.set(OFTrue);
    return dcmDataDict.isDictionaryLoaded();
}

Loaded::Loaded(Source &source) : source_(source)
{
    look(source);
    if (!looks_) {
        status_ = EC_CorruptedData;
        return;
    }
    Reading r = reading_of(source);

    file_ = std::move(r.file);
    status_ = r.status;
    judge_syntax();
    part10_ = part10_ && !r.mended;
    if (status_.good())
        ambiguous_settle(dataset());
    if (status_.good())
        judge_pixel_data();
}

void Loaded::look(Source &source)
{
    unsigned char head[magic_at + 4] = {0};
    size_t n = source.read(0, head, sizeof head);

    magic_ = n == sizeof head && memcmp(head + magic_at, "DICM", 4) == 0;
    looks_ = magic_ || (n > 8 && is_first_element(head, source.size()));
}

void Loaded::judge_syntax()
{
    E_TransferSyntax read_as = dataset().getOriginalXfer();
    DcmElement *e = nullptr;

    if (meta().findAndGetElement(DCM_TransferSyntaxUID, e).good())
        syntax_ = load_uid(e);
    bool legal = uid_valid(syntax_.data(), syntax_.size());
    E_TransferSyntax named = legal ? DcmXfer(syntax_.c_str()).getXfer() : EXS_Unknown;

    /* DCMTK detects the encoding of unknown transfer syntaxes. The header's
     * UID counts if the detected encoding can be meant by it. */
    if (legal &&
        (named == read_as || (named == EXS_Unknown && read_as == EXS_LittleEndianExplicit))) {
        part10_ = magic_;
        return;
    }
    const char *id = read_as == EXS_Unknown ? "" : DcmXfer(read_as).getXferID();
    syntax_ = id ? id : "";
}

/* Encapsulated pixel data in a native transfer syntax: the codestream decides.
 */
void Loaded::judge_pixel_data()
{
    const struct transfer_syntax *named = transfer_syntax_find(syntax_.c_str());
    DcmElement *e = nullptr;

    if (!named || named->encapsulated || dataset().findAndGetElement(DCM_PixelData, e).bad() ||
        e->ident() != EVR_PixelData)
        return;
    DcmPixelSequence *fragments = frames_sequence(*static_cast<DcmPixelData *>(e));

    if (!fragments)
        return;
    syntax_ = codestream_syntax(dataset(), first_fragment(*fragments));
    part10_ = false;
    if (syntax_.empty())
        problem_ =
            "the pixel data is encapsulated, the transfer syntax is a native one, and the first fragment does not "
            "show which one it should be";
}

std::string Loaded::problem() const
{
    char clean[160];

    if (!problem_.empty())
        return problem_;
    charset_put_ascii(status_.text(), strlen(status_.text()), clean, sizeof clean);
    if (status_ == EC_EndOfStream || status_ == EC_StreamNotifyClient)
        return "the file ends in the middle of an element";
    if (status_ == EC_InvalidStream)
        return "the file ends early, or an element claims to be longer than the file";
    return std::string("the data set is damaged (") + clean + ")";
}

std::string load_text(DcmElement *e)
{
    char *s = nullptr;
    Uint32 n = 0;

    if (!e || e->getString(s, n).bad() || !s)
        return "";
    return std::string(s, n);
}

std::string load_uid(DcmElement *e)
{
    std::string s = load_text(e);

    while (!s.empty() && (s.back() == '\0' || s.back() == ' '))
        s.pop_back();
    s.erase(0, s.find_first_not_of(' '));
    return s;
}
