/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/convert.h"

#include "wadozip-dicom/io/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"
#include "dcmtk/dcmdata/dcwcache.h"

#include <memory>

#include "wadozip-dicom/dataset/meta_header.h"
#include "wadozip-dicom/dataset/normalise.h"
#include "wadozip-dicom/jobs/elements.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/nested.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "dicom/transfer_syntax.h"
}

namespace {

constexpr uint64_t value_written_max = 4096; /* for longer values only the length is used */

/*
 * Return the size of native pixel data or of an element with a long value, as
 * elements_write() writes it.
 */
uint64_t long_element(DcmElement &e)
{
    uint64_t length = e.getLength();
    bool extended = e.ident() == EVR_PixelData ||
                    DcmVR(e.getTag().getVR().getValidEVR()).usesExtendedLengthEncoding();

    return (extended ? 12 : 8) + length + length % 2;
}

/* Return the size of the elements without the pixel data to be left out (null:
 * none). */
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

/* Return whether an item in a sequence has compressed pixel data, such as an
 * icon. */
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

/* Change the data set as Converter::write() does, and return the size of its
 * output. */
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

class Converted : public Replacement {
public:
    explicit Converted(Pixels &pixels) : pixels_(pixels) {}
    void write(ResultSink &out) override { pixels_.write(out); }

private:
    Pixels &pixels_;
};

class Converter : public Maker {
public:
    explicit Converter(const std::string &target)
        : target_(target), to_(transfer_syntax_find(target.c_str()))
    {
    }

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

        meta_header_write(out, normalise_uid(d, DCM_SOPClassUID),
                          normalise_uid(d, DCM_SOPInstanceUID),
                          compresses_nothing ? TRANSFER_SYNTAX_EXPLICIT_LE : target_);
        if (target_ == TRANSFER_SYNTAX_DEFLATED_LE)
            out.deflate_from_here();
        std::unique_ptr<Converted> converted =
            pixels ? std::make_unique<Converted>(*pixels) : nullptr;

        elements_write(out, d, pixel_data, converted.get());
    }

private:
    void check_compressible(DcmDataset &d) const
    {
        if (to_->encapsulated &&
            (d.tagExists(DCM_FloatPixelData) || d.tagExists(DCM_DoubleFloatPixelData)))
            throw Refusal("Float Pixel Data cannot be compressed");
    }

    std::string target_;
    const struct transfer_syntax *to_;
};


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
    try {
        result_treat(file);
        reply->default_size = convert_measure(file, true);
    } catch (const Refusal &) { /* the conversion reports why */
    }
    if (source.failed())
        reply->default_size = 0;
    reply->file_class = HELPER_INSTANCE;
}

int convert_file(int fd, int spool, const char *target, struct protocol_reply *reply)
{
    Converter converter(target);
    int result = result_make(fd, spool, converter, reply);

    result_only_refused(reply);
    return result;
}
