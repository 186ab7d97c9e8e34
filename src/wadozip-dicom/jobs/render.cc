/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/render.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmimage/diregist.h"
#include "dcmtk/dcmimgle/dcmimage.h"

#include <algorithm>
#include <cmath>

#include "wadozip-dicom/jobs/frame_values.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/codec.h"
#include "wadozip-dicom/pixel/picture.h"

extern "C" {
#include "dicom/render_options.h"
#include "dicom/transfer_syntax.h"
}

namespace {

/* What an image needs besides its pixels to be shown (PS3.3 C.7.6.3, C.7.9,
 * C.11.1, C.11.2, C.11.6). */
const DcmTagKey shown[] = {
    DCM_RescaleIntercept,
    DCM_RescaleSlope,
    DCM_ModalityLUTSequence,
    DCM_WindowCenter,
    DCM_WindowWidth,
    DCM_VOILUTFunction,
    DCM_VOILUTSequence,
    DCM_PresentationLUTShape,
    DCM_PresentationLUTSequence,
    DCM_RedPaletteColorLookupTableDescriptor,
    DCM_GreenPaletteColorLookupTableDescriptor,
    DCM_BluePaletteColorLookupTableDescriptor,
    DCM_RedPaletteColorLookupTableData,
    DCM_GreenPaletteColorLookupTableData,
    DCM_BluePaletteColorLookupTableData,
    DCM_SegmentedRedPaletteColorLookupTableData,
    DCM_SegmentedGreenPaletteColorLookupTableData,
    DCM_SegmentedBluePaletteColorLookupTableData,
};

/* Functional groups that hold such attributes for a frame, or for all (PS3.3
 * C.7.6.16). */
const DcmTagKey groups[] = {DCM_PixelValueTransformationSequence, DCM_FrameVOILUTSequence};

constexpr size_t picture_max = size_t{1} << 28; /* samples of a picture */

void copy_shown(DcmItem &from, DcmItem &to)
{
    for (const DcmTagKey &tag : shown) {
        DcmElement *e = nullptr;

        if (from.findAndGetElement(tag, e).good() && e)
            to.insert(static_cast<DcmElement *>(e->clone()), OFTrue);
    }
}

DcmItem *item_of(DcmItem &d, const DcmTagKey &sequence, uint32_t n)
{
    DcmElement *e = nullptr;

    if (d.findAndGetElement(sequence, e).bad() || !e || e->ident() != EVR_SQ)
        return nullptr;
    return static_cast<DcmSequenceOfItems *>(e)->getItem(n);
}

void copy_groups(DcmItem *all, DcmItem &to)
{
    for (const DcmTagKey &group : groups)
        if (DcmItem *item = all ? item_of(*all, group, 0) : nullptr)
            copy_shown(*item, to);
}

/* Decode compressed and 4:2:2 frames here, independently of the codecs that
 * DCMTK was built with. */
void put_frame(DcmDataset &from, Decoder &decoder, uint32_t n, DcmDataset &to)
{
    Image image;
    Bytes frame = decoder.get(n, &image);

    if (image.is_422())
        image_expand_422(image, frame);
    if (frame.size() % 2)
        frame.push_back(0);
    copy_shown(from, to);
    copy_groups(item_of(from, DCM_SharedFunctionalGroupsSequence, 0), to);
    copy_groups(item_of(from, DCM_PerFrameFunctionalGroupsSequence, n), to);
    image.store(to);
    bool good = to.putAndInsertUint16(DCM_Rows, static_cast<Uint16>(image.rows)).good() &&
                to.putAndInsertUint16(DCM_Columns, static_cast<Uint16>(image.columns)).good() &&
                to.putAndInsertUint16(DCM_PixelRepresentation, image.is_signed).good();

    if (good && image.bits_allocated > 8)
        good = to.putAndInsertUint16Array(DCM_PixelData, reinterpret_cast<Uint16 *>(frame.data()),
                                          frame.size() / 2)
                   .good();
    else if (good)
        good = to.putAndInsertUint8Array(DCM_PixelData, frame.data(), frame.size()).good();
    if (!good)
        throw Refusal("the image cannot be prepared");
}

std::string text_of(DcmItem &d, const DcmTagKey &tag)
{
    OFString s;

    d.findAndGetOFString(tag, s);
    return s.c_str();
}

/* LINEAR_EXACT is LINEAR with another center and width (PS3.3 C.11.2.1.3.2). */
bool set_window(DicomImage &image, enum render_window function, double center, double width)
{
    if (function == RENDER_WINDOW_EXACT)
        return image.setWindow(center + 0.5, width + 1) != 0;
    if (function == RENDER_WINDOW_SIGMOID && !image.setVoiLutFunction(EFV_Sigmoid))
        return false;
    return image.setWindow(center, width) != 0;
}

/* The image's first window, else its first VOI LUT, else all values that occur.
 */
void set_own_window(DicomImage &image, DcmDataset &d)
{
    const std::string function = text_of(d, DCM_VOILUTFunction);
    double center, width;

    if (image.getWindowCount() > 0 && image.setWindow(0) && image.getWindow(center, width)) {
        if (function == "LINEAR_EXACT" || function == "SIGMOID")
            set_window(image, function == "SIGMOID" ? RENDER_WINDOW_SIGMOID : RENDER_WINDOW_EXACT,
                       center, width);
        return;
    }
    if (image.getVoiLutCount() == 0 || !image.setVoiLut(0))
        image.setMinMaxWindow(0);
}

struct Region {
    long left, top;
    unsigned long width, height;
    bool flip_h, flip_v;
};

/* The part of the image that is asked for; throws Refusal if none of it is. */
Region region_of(const DicomImage &image, const struct render_options &o)
{
    const double columns = static_cast<double>(image.getWidth()),
                 rows = static_cast<double>(image.getHeight());
    const double width = o.region_width ? std::fabs(o.region_width) : columns - o.left;
    const double height = o.region_height ? std::fabs(o.region_height) : rows - o.top;
    const double right = std::min(columns, o.left + width), bottom = std::min(rows, o.top + height);

    if (o.left >= right || o.top >= bottom || right - std::floor(o.left) < 1 ||
        bottom - std::floor(o.top) < 1)
        throw Refusal("the region of the viewport lies outside the image");
    return {static_cast<long>(o.left),
            static_cast<long>(o.top),
            static_cast<unsigned long>(right - std::floor(o.left)),
            static_cast<unsigned long>(bottom - std::floor(o.top)),
            o.region_width < 0,
            o.region_height < 0};
}

/* As large as fits, with its sides in proportion. */
std::unique_ptr<DicomImage> scaled(const DicomImage &image, const Region &r,
                                   const struct render_options &o)
{
    double factor = std::min(static_cast<double>(o.columns) / static_cast<double>(r.width),
                             static_cast<double>(o.rows) / static_cast<double>(r.height));

    if (o.shrink_only)
        factor = std::min(factor, 1.0);
    auto side = [factor](unsigned long n) {
        return static_cast<unsigned long>(
            std::max(1L, std::lround(static_cast<double>(n) * factor)));
    };
    return std::unique_ptr<DicomImage>(image.createScaledImage(
        r.left, r.top, r.width, r.height, side(r.width), side(r.height), 1, 0));
}

void check_image(const DicomImage *image)
{
    if (!image)
        throw Refusal("the image cannot be scaled");
    if (image->getStatus() != EIS_Normal)
        throw Refusal(std::string("the image cannot be shown (") +
                          DicomImage::getString(image->getStatus()) + ")",
                      HELPER_UNDECODABLE);
}

class Render : public Maker {
public:
    explicit Render(const struct render_job &job) : job_(job) {}

    bool reads_all() const override { return false; }

    PixelUse pixel_use() const override { return PixelUse::SAMPLES; }

    uint64_t measure(Loaded &file, uint64_t) override
    {
        const Image image = Image::of(file.dataset());
        const uint64_t wanted = uint64_t{job_.options.columns} * job_.options.rows;

        return (wanted ? wanted : image.pixels()) * 4 + 65536;
    }

    void write(Loaded &file, ResultSink &out) override
    {
        Decoder decoder(file);
        const uint32_t n = job_.frame ? job_.frame - 1 : decoder.count() / 2;
        DcmDataset plain;

        if (n >= decoder.count())
            throw Refusal("there is no such frame", HELPER_ABSENT);
        put_frame(file.dataset(), decoder, n, plain);
        DicomImage image(&plain, EXS_LittleEndianExplicit,
                         CIF_UsePartialAccessToPixelData | CIF_NeverAccessEmbeddedOverlays);

        check_image(&image);
        show(image, plain, out);
    }

private:
    void show(DicomImage &image, DcmDataset &d, ResultSink &out)
    {
        const struct render_options &o = job_.options;
        std::unique_ptr<DicomImage> small;
        DicomImage *final = &image;

        if (image.isMonochrome() && o.window != RENDER_WINDOW_OWN)
            set_window(image, o.window, o.center, o.width);
        else if (image.isMonochrome())
            set_own_window(image, d);
        if (o.columns) {
            const Region r = region_of(image, o);

            small = scaled(image, r, o);
            check_image(small.get());
            final = small.get();
            if (r.flip_h || r.flip_v)
                final->flipImage(r.flip_h, r.flip_v);
        }
        put_picture(*final, out);
    }

    void put_picture(DicomImage &image, ResultSink &out)
    {
        Image plain;

        plain.columns = static_cast<uint32_t>(image.getWidth());
        plain.rows = static_cast<uint32_t>(image.getHeight());
        plain.samples = image.isMonochrome() ? 1 : 3;
        plain.bits_allocated = 8;
        plain.photometric = image.isMonochrome() ? "MONOCHROME2" : "RGB";
        if (plain.pixels() * plain.samples > picture_max)
            throw Refusal("the picture would be too large");
        Bytes pixels(plain.pixels() * plain.samples);

        if (!image.getOutputData(pixels.data(), pixels.size(), 8, 0, 0))
            throw Refusal("the image cannot be shown");
        const Bytes file = job_.png ? picture_png(plain, pixels)
                                    : codec_jpeg_picture(plain, pixels, job_.options.quality);

        out.put(file.data(), file.size());
    }

    struct render_job job_;
};

}

int render_file(int fd, int spool, const char *target, struct protocol_reply *reply)
{
    struct render_job job;

    if (!render_options_read(target, &job)) {
        reply->file_class = HELPER_REFUSED;
        snprintf(reply->reason, sizeof reply->reason,
                 "the options of the picture are not understood");
        return -1;
    }
    Render render(job);

    return result_make(fd, spool, render, reply);
}
