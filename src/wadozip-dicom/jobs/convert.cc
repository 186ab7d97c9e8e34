/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/convert.h"

#include "wadozip-dicom/io/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"
#include "dcmtk/dcmdata/dcwcache.h"

#include <algorithm>
#include <memory>

#include "wadozip-dicom/dataset/ambiguous.h"
#include "wadozip-dicom/dataset/meta_header.h"
#include "wadozip-dicom/dataset/normalise.h"
#include "wadozip-dicom/deid/deidentify.h"
#include "wadozip-dicom/deid/pixel_risk.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/nested.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "dicom/transfer_syntax.h"
}

namespace {

constexpr Uint32 piece_max = 64 * 1024;

/*
 * Write native pixel data of odd length in pieces, with a padding byte. DCMTK
 * would not pad it, or would load it.
 */
void write_odd(ResultSink &out, DcmPixelData &e)
{
    DcmFileCache cache;
    Bytes piece;

    out.put16(e.getGTag());
    out.put16(e.getETag());
    out.put(ambiguous_vr(e) == EVR_OB ? "OB\0" : "OW\0", 4);
    out.put32(e.getLength() + 1);
    for (Uint32 at = 0; at < e.getLength(); at += static_cast<Uint32>(piece.size())) {
        piece.resize(std::min<Uint32>(e.getLength() - at, piece_max));
        if (e.getPartialValue(piece.data(), at, static_cast<Uint32>(piece.size()), &cache, EBO_LittleEndian).bad())
            throw Refusal("the pixel data cannot be read");
        out.put(piece.data(), piece.size());
    }
    out.put("", 1);
}

/*
 * Every target transfer syntax has its data set in Explicit VR Little Endian.
 * `stored`: that of pixel data which is written as it is.
 */
void write_elements(ResultSink &out, DcmDataset &d, DcmPixelData *pixel_data, Pixels *pixels,
                    E_TransferSyntax stored = EXS_LittleEndianExplicit)
{
    ResultSinkStream stream(out);
    DcmWriteCache cache;

    for (DcmObject *o = d.nextInContainer(nullptr); o; o = d.nextInContainer(o)) {
        if (pixels && o == pixel_data) {
            pixels->write(out);
            continue;
        }
        if (o == pixel_data && pixel_data->getLength() % 2 && !frames_sequence(*pixel_data)) {
            write_odd(out, *pixel_data);
            continue;
        }
        o->transferInit();
        OFCondition c = o->write(stream, o == pixel_data ? stored : EXS_LittleEndianExplicit, EET_UndefinedLength, &cache);
        o->transferEnd();
        out.check();
        if (c.bad())
            throw Refusal(std::string("the data set cannot be written in Explicit VR (") + c.text() + ")");
    }
}

constexpr uint64_t value_written_max = 4096; /* for longer values only the length is used */

/*
 * Return the size of native pixel data or of an element with a long value, as
 * write_elements() writes it.
 */
uint64_t long_element(DcmElement &e)
{
    uint64_t length = e.getLength();
    bool extended = e.ident() == EVR_PixelData || DcmVR(e.getTag().getVR().getValidEVR()).usesExtendedLengthEncoding();

    return (extended ? 12 : 8) + length + length % 2;
}

/* Return the size of the elements without the pixel data to be left out (null: none). */
uint64_t count_elements(DcmDataset &d, const DcmObject *left_out)
{
    uint64_t bytes = 0;
    ResultSink counter(-1);
    ResultSinkStream stream(counter);
    DcmWriteCache cache;

    for (DcmObject *o = d.nextInContainer(nullptr); o; o = d.nextInContainer(o)) {
        if (o == left_out)
            continue;
        if (o->ident() == EVR_PixelData || (o->isLeaf() && o->getLength() > value_written_max)) {
            bytes += long_element(*static_cast<DcmElement *>(o));
            continue;
        }
        o->transferInit();
        OFCondition c = o->write(stream, EXS_LittleEndianExplicit, EET_UndefinedLength, &cache);
        o->transferEnd();
        if (c.bad())
            throw Refusal("the data set cannot be written in Explicit VR");
    }
    return bytes + counter.position();
}

/* Return whether an item in a sequence has compressed pixel data, such as an icon. */
bool has_compressed_icon(DcmItem &item, bool top)
{
    for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o)) {
        if (o->ident() == EVR_PixelData && !top && frames_sequence(*static_cast<DcmPixelData *>(o)))
            return true;
        if (o->ident() != EVR_SQ)
            continue;
        DcmSequenceOfItems &s = *static_cast<DcmSequenceOfItems *>(o);

        for (DcmObject *i = s.nextInContainer(nullptr); i; i = s.nextInContainer(i))
            if (has_compressed_icon(*static_cast<DcmItem *>(i), false))
                return true;
    }
    return false;
}

/* Change the data set as Converter::write() does, and return the size of its output. */
uint64_t measure(Loaded &file, bool decode)
{
    DcmDataset &d = file.dataset();
    DcmPixelData *pixel_data = pixels_find(d);
    uint64_t bytes = 0;
    ResultSink header(-1);

    if (!decode && has_compressed_icon(d, true))
        throw Refusal("a compressed icon would have to be decompressed");
    pixels_check(d, file.transfer_syntax());
    normalise_data_set(d);
    nested_treat(d, file.transfer_syntax(), Nested::DECOMPRESS);
    if (pixel_data && frames_sequence(*pixel_data)) {
        bytes = pixels_measure(d, *pixel_data, file.transfer_syntax(), decode);
        normalise_offsets(d);
        normalise_lossy(d, file.transfer_syntax(), TRANSFER_SYNTAX_EXPLICIT_LE, 1);
    } else {
        pixel_data = nullptr;
    }
    meta_header_write(header, normalise_uid(d, DCM_SOPClassUID),
                      normalise_uid(d, DCM_SOPInstanceUID), TRANSFER_SYNTAX_EXPLICIT_LE);
    return bytes + header.position() + count_elements(d, pixel_data);
}

class Converter : public Maker {
public:
    explicit Converter(const std::string &target) : target_(target), to_(transfer_syntax_find(target.c_str())) {}

    uint64_t measure(Loaded &file, uint64_t file_size) override
    {
        DcmPixelData *pixel_data = pixels_find(file.dataset());

        if (!to_ || !to_->target)
            throw Refusal("this transfer syntax is not made here");
        return file_size + (pixel_data ? pixels_size(file.dataset(), *pixel_data) : 0);
    }

    void write(Loaded &file, ResultSink &out) override
    {
        DcmDataset &d = file.dataset();
        DcmPixelData *pixel_data = pixels_find(d);
        std::unique_ptr<Pixels> pixels;

        pixels_check(d, file.transfer_syntax());
        check_compressible(d);
        normalise_data_set(d);
        nested_treat(d, file.transfer_syntax(), Nested::DECOMPRESS);
        if (pixel_data && (to_->encapsulated || frames_sequence(*pixel_data))) {
            pixels = std::make_unique<Pixels>(d, *pixel_data, file.transfer_syntax(), target_);
            pixels->store(d);
            normalise_offsets(d);
            normalise_lossy(d, file.transfer_syntax(), target_, pixels->ratio());
        }
        const bool compresses_nothing = to_->encapsulated && !pixel_data;

        meta_header_write(out, normalise_uid(d, DCM_SOPClassUID), normalise_uid(d, DCM_SOPInstanceUID),
                     compresses_nothing ? TRANSFER_SYNTAX_EXPLICIT_LE : target_);
        if (target_ == TRANSFER_SYNTAX_DEFLATED_LE)
            out.deflate_from_here();
        write_elements(out, d, pixel_data, pixels.get());
    }

private:
    void check_compressible(DcmDataset &d) const
    {
        if (to_->encapsulated && (d.tagExists(DCM_FloatPixelData) || d.tagExists(DCM_DoubleFloatPixelData)))
            throw Refusal("Float Pixel Data cannot be compressed");
    }

    std::string target_;
    const struct transfer_syntax *to_;
};

/* Pixel data stays as it is stored, if it is compressed; native data sets become Explicit VR Little Endian. */
class DeidentifiedMaker : public Maker {
public:
    explicit DeidentifiedMaker(const DeidProfile &profile) : profile_(profile) {}

    uint64_t measure(Loaded &file, uint64_t file_size) override
    {
        const char *risk = profile_.has(DEID_TRUST_PIXELS) ? nullptr : pixel_risk(file.dataset());

        if (risk)
            throw Refusal(std::string("it cannot be de-identified: ") + risk);
        return 2 * file_size;
    }

    void write(Loaded &file, ResultSink &out) override
    {
        DcmDataset &d = file.dataset();
        DcmPixelData *pixel_data = pixels_find(d);
        const bool encapsulated = pixel_data && frames_sequence(*pixel_data);
        const std::string target = encapsulated ? file.transfer_syntax() : TRANSFER_SYNTAX_EXPLICIT_LE;

        pixels_check(d, file.transfer_syntax());
        normalise_data_set(d);
        deidentify(d, profile_);
        nested_treat(d, file.transfer_syntax(), Nested::DECOMPRESS);
        meta_header_write(out, normalise_uid(d, DCM_SOPClassUID), normalise_uid(d, DCM_SOPInstanceUID), target);
        write_elements(out, d, pixel_data, nullptr,
                       encapsulated ? DcmXfer(target.c_str()).getXfer() : EXS_LittleEndianExplicit);
    }

private:
    const DeidProfile &profile_;
};

/* Conversions do not distinguish extract's classes. */
void only_refused(struct protocol_reply *reply)
{
    if (reply->file_class > HELPER_FAILED)
        reply->file_class = HELPER_REFUSED;
}

}

bool convert_by_default(Loaded &file)
{
    const struct transfer_syntax *stored = transfer_syntax_find(file.transfer_syntax().c_str());

    if (file.is_part10() && file.transfer_syntax() == TRANSFER_SYNTAX_EXPLICIT_LE)
        return false;
    return stored && stored->decodable && !stored->lossy;
}

uint64_t convert_measure(Loaded &file, bool decode)
{
    try {
        return measure(file, decode);
    } catch (const Refusal &) {
        return 0;
    }
}

void convert_measure_file(int fd, struct protocol_reply *reply)
{
    static Source source;

    reply->file_class = HELPER_REFUSED;
    if (!source.open(fd, false))
        return;
    Loaded file(source);

    if (source.failed() || !file.looks_like_dicom() || !file.good())
        return;
    reply->default_size = convert_measure(file, true);
    if (source.failed())
        reply->default_size = 0;
    reply->file_class = HELPER_INSTANCE;
}

int convert_file(int fd, int spool, const char *target, struct protocol_reply *reply)
{
    Converter converter(target);
    int result = result_make(fd, spool, converter, reply);

    only_refused(reply);
    return result;
}

int convert_deidentified(int fd, int spool, const char *target, struct protocol_reply *reply)
{
    DeidProfile profile;

    if (!profile.parse(target)) {
        reply->file_class = HELPER_REFUSED;
        snprintf(reply->reason, sizeof reply->reason, "the de-identification profile is malformed");
        return -1;
    }
    DeidentifiedMaker maker(profile);
    int result = result_make(fd, spool, maker, reply);

    only_refused(reply);
    return result;
}
