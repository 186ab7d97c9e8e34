/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/deidentified.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include <cinttypes>

#include "wadozip-dicom/dataset/ambiguous.h"
#include "wadozip-dicom/dataset/meta_header.h"
#include "wadozip-dicom/dataset/normalise.h"
#include "wadozip-dicom/jobs/elements.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/nested.h"
#include "wadozip-dicom/pixel/pixel_place.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "dicom/transfer_syntax.h"
}

namespace {

/* Only the element's tag, VR and length, as DCMTK writes them before the value.
 */
class Cut : public Replacement {
public:
    explicit Cut(DcmPixelData &e) : e_(e) {}

    void write(ResultSink &out) override
    {
        const bool encapsulated = frames_sequence(e_) != nullptr;

        out.put16(e_.getGTag());
        out.put16(e_.getETag());
        out.put(encapsulated || ambiguous_vr(e_) == EVR_OB ? "OB\0" : "OW\0", 4);
        out.put32(encapsulated ? undefined : e_.getLength());
        at = out.position();
    }

    uint64_t at = 0; /* where the value belongs */

private:
    static constexpr Uint32 undefined = 0xffffffff;
    DcmPixelData &e_;
};

/* Pixel data stays as it is stored, if it is compressed; native data sets
 * become Explicit VR Little Endian. */
class AsStored : public Maker {
public:
    uint64_t measure(Loaded &, uint64_t file_size) override { return 2 * file_size; }

    void write(Loaded &file, ResultSink &out) override
    {
        DcmDataset &d = file.dataset();
        DcmPixelData *pixel_data = pixels_find(d);
        const bool encapsulated = pixel_data && frames_sequence(*pixel_data);
        const std::string target =
            encapsulated ? file.transfer_syntax() : TRANSFER_SYNTAX_EXPLICIT_LE;

        pixels_check(d, file.transfer_syntax());
        nested_treat(d, file.transfer_syntax(), Nested::DECOMPRESS);
        meta_header_write(out, normalise_uid(d, DCM_SOPClassUID),
                          normalise_uid(d, DCM_SOPInstanceUID), target);
        put_elements(d, pixel_data,
                     encapsulated ? DcmXfer(target.c_str()).getXfer() : EXS_LittleEndianExplicit,
                     out);
    }

protected:
    virtual void put_elements(DcmDataset &d, DcmPixelData *pixel_data, E_TransferSyntax stored,
                              ResultSink &out)
    {
        elements_write(out, d, pixel_data, nullptr, stored);
    }
};

/* The same without the value of the pixel data that lies at that place in the
 * file. */
class HeaderOnly : public AsStored {
public:
    explicit HeaderOnly(const char *target)
    {
        if (sscanf(target, "%" SCNu64 " %" SCNu64, &offset_, &length_) != 2)
            offset_ = 0;
    }

    bool reads_all() const override { return false; }

    /* Return the bytes before the value; 0: the value was written. */
    uint64_t cut() const { return cut_; }

    uint64_t measure(Loaded &file, uint64_t file_size) override
    {
        const E_ByteOrder order = DcmXfer(file.dataset().getOriginalXfer()).getByteOrder();

        if (result_pixels_changed())
            return 2 * file_size;
        const PixelPlace place = pixel_place_find(file.source(), file);

        leaves_out_ = offset_ && place.offset == offset_ && place.length == length_ &&
                      length_ % 2 == 0 &&
                      (order == EBO_LittleEndian || !place.items.empty());
        return leaves_out_ ? file_size - length_ : 2 * file_size;
    }

protected:
    void put_elements(DcmDataset &d, DcmPixelData *pixel_data, E_TransferSyntax stored,
                      ResultSink &out) override
    {
        if (!leaves_out_ || !pixel_data)
            return elements_write(out, d, pixel_data, nullptr, stored);
        Cut cut(*pixel_data);

        elements_write(out, d, pixel_data, &cut, stored);
        cut_ = cut.at;
    }

private:
    uint64_t offset_ = 0, length_ = 0, cut_ = 0;
    bool leaves_out_ = false;
};

}

int deidentified_file(int fd, int spool, struct protocol_reply *reply)
{
    AsStored maker;
    int result = result_make(fd, spool, maker, reply);

    result_only_refused(reply);
    return result;
}

int deidentified_header(int fd, int spool, const char *target, struct protocol_reply *reply)
{
    HeaderOnly maker(target);
    int result = result_make(fd, spool, maker, reply);

    result_only_refused(reply);
    reply->cut = reply->file_class == HELPER_INSTANCE ? maker.cut() : 0;
    return result;
}
