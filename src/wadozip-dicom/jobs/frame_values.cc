/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/frame_values.h"

#include <cstring>

#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/codec.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "base/num.h"
#include "dicom/transfer_syntax.h"
}

namespace {

DcmPixelData &find(Loaded &file)
{
    DcmPixelData *pixels = pixels_find(file.dataset());

    if (!pixels)
        throw Refusal("there is no pixel data", HELPER_ABSENT);
    pixels_check(file.dataset(), file.transfer_syntax());
    const struct transfer_syntax *stored = transfer_syntax_find(file.transfer_syntax().c_str());

    if (frames_sequence(*pixels) && (!stored || !stored->decodable))
        throw Refusal("the pixel data cannot be decompressed", HELPER_UNDECODABLE);
    return *pixels;
}

std::vector<uint32_t> numbers(const char *list, uint32_t count)
{
    std::vector<uint32_t> all;

    while (*list) {
        const size_t len = strcspn(list, ",");
        uint64_t v;

        if (!num_parse(list, len, UINT32_MAX, &v) || v == 0 || v > count)
            throw Refusal("there is no such frame", HELPER_ABSENT);
        all.push_back(static_cast<uint32_t>(v));
        list += len + (list[len] == ',');
    }
    return all;
}

class FrameValues : public Maker {
public:
    explicit FrameValues(const char *list) : list_(list) {}

    bool reads_all() const override { return false; }

    PixelUse pixel_use() const override { return PixelUse::SAMPLES; }

    uint64_t measure(Loaded &file, uint64_t) override
    {
        Decoder decoder(file);

        /* Codecs may spread the samples of 4:2:2. */
        return decoder.image().frame_bytes() * 2 * numbers(list_, decoder.count()).size();
    }

    void write(Loaded &file, ResultSink &out) override
    {
        Decoder decoder(file);
        size_t size = 0;

        for (uint32_t n : numbers(list_, decoder.count())) {
            Image image;
            const Bytes frame = decoder.get(n - 1, &image);

            if (size && frame.size() != size)
                throw Refusal("the frames of the pixel data are not of one kind");
            size = frame.size();
            out.put(frame.data(), frame.size());
        }
    }

private:
    const char *list_;
};

}

Decoder::Decoder(Loaded &file)
    : syntax_(file.transfer_syntax()), pixels_(find(file)), image_(Image::of(file.dataset())),
      frames_(file.dataset(), pixels_, image_)
{
}

Bytes Decoder::get(uint32_t n, Image *image)
{
    Bytes data = frames_.get(n);

    *image = image_;
    return frames_.encapsulated() ? codec_decode(syntax_, *image, data) : data;
}

int frame_values_file(int fd, int spool, const char *list, struct protocol_reply *reply)
{
    FrameValues values(list);

    return result_make(fd, spool, values, reply);
}
