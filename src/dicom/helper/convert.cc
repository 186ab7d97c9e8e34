#include "dicom/helper/convert.h"

#include "dicom/helper/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcwcache.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <sys/mman.h>

#include "dicom/helper/codec.h"
#include "dicom/helper/frames.h"
#include "dicom/helper/sink.h"
#include "dicom/helper/tidy.h"

extern "C" {
#include "base/io.h"
#include "dicom/implementation.h"
#include "dicom/transfer_syntax.h"
}

namespace {

/* Pixel data that is made frame by frame while it is written. */
class Pixels {
public:
    Pixels(DcmItem &item, DcmPixelData &element, const std::string &from, const std::string &to)
        : image_(Image::of(item)), frames_(item, element, image_), from_(from), to_(to),
          compress_(transfer_syntax_find(to.c_str())->encapsulated)
    {
        first_ = make(0, result_);
    }

    /* What the image's attributes become. */
    const Image &result() const { return result_; }

    /* How much smaller the first frame became. */
    double ratio() const { return static_cast<double>(image_.frame_bytes()) / static_cast<double>(first_.size()); }

    void write(Sink &out)
    {
        if (compress_)
            write_fragments(out);
        else
            write_native(out);
    }

private:
    Bytes make(uint32_t n, Image &image)
    {
        Bytes data = frames_.get(n);

        image = image_;
        if (frames_.encapsulated())
            data = codec_decode(from_, image, data);
        return compress_ ? codec_encode(to_, image, data) : data;
    }

    Bytes frame(uint32_t n)
    {
        Image image;

        return n == 0 ? std::move(first_) : make(n, image);
    }

    void write_native(Sink &out)
    {
        uint64_t bytes = (result_.frame_bits() * image_.frames + 7) / 8, padded = bytes + bytes % 2;

        if (padded > 0xfffffffe)
            throw Refusal("the pixel data is too long for an uncompressed transfer syntax");
        out.put16(0x7fe0);
        out.put16(0x0010);
        out.put(result_.bits_allocated > 8 ? "OW\0" : "OB\0", 4);
        out.put32(static_cast<uint32_t>(padded));
        BitJoiner joiner(out, result_.frame_bits());
        for (uint32_t n = 0; n < image_.frames; n++)
            joiner.add(frame(n));
        joiner.finish();
        if (bytes % 2)
            out.put("", 1);
    }

    /* One fragment a frame. Offsets that are too large for the basic table leave it empty (PS3.5 A.4). */
    void write_fragments(Sink &out)
    {
        bool table = image_.frames > 1 && image_.frame_bytes() * image_.frames < 0xe0000000;
        uint64_t table_at, start;
        Bytes offsets;

        out.put16(0x7fe0);
        out.put16(0x0010);
        out.put("OB\0", 4);
        out.put32(0xffffffff);
        put_item(out, 0xe000, table ? image_.frames * 4 : 0);
        table_at = out.position();
        offsets.resize(table ? image_.frames * 4 : 0);
        out.put(offsets.data(), offsets.size());
        start = out.position();
        for (uint32_t n = 0; n < image_.frames; n++) {
            Bytes data = frame(n);

            if (table)
                for (unsigned b = 0; b < 4; b++)
                    offsets[n * 4 + b] = static_cast<uint8_t>((out.position() - start) >> 8 * b);
            data.resize(data.size() + data.size() % 2);
            put_item(out, 0xe000, static_cast<uint32_t>(data.size()));
            out.put(data.data(), data.size());
        }
        put_item(out, 0xe0dd, 0);
        out.patch(table_at, offsets.data(), offsets.size());
    }

    static void put_item(Sink &out, uint32_t element, uint32_t length)
    {
        out.put16(0xfffe);
        out.put16(element);
        out.put32(length);
    }

    /* Frames of one bit a pixel are joined without a gap; all others are whole bytes. */
    class BitJoiner {
    public:
        BitJoiner(Sink &out, uint64_t bits) : out_(out), bits_(bits) {}

        void add(const Bytes &frame)
        {
            if (bits_ % 8 == 0) {
                out_.put(frame.data(), frame.size());
                return;
            }
            for (uint64_t i = 0; i < bits_; i++) {
                byte_ = static_cast<uint8_t>(byte_ | (frame[i / 8] >> i % 8 & 1) << used_);
                if (++used_ == 8)
                    finish();
            }
        }

        void finish()
        {
            if (used_ > 0)
                out_.put(&byte_, 1);
            byte_ = 0;
            used_ = 0;
        }

    private:
        Sink &out_;
        uint64_t bits_;
        uint8_t byte_ = 0;
        unsigned used_ = 0;
    };

    Image image_, result_;
    Frames frames_;
    std::string from_, to_;
    bool compress_;
    Bytes first_;
};

void put_uid(std::string &group, uint16_t element, const std::string &uid)
{
    size_t n = uid.size() + uid.size() % 2;
    char head[] = {2, 0, static_cast<char>(element), 0, 'U', 'I', static_cast<char>(n), 0};

    group.append(head, sizeof head).append(uid).append(n - uid.size(), '\0');
}

/* An empty preamble and group 0002 (PS3.10 7.1): who wrote this file is this program. */
void write_header(Sink &out, DcmDataset &d, const std::string &target)
{
    static const char version[] = {2, 0, 1, 0, 'O', 'B', 0, 0, 2, 0, 0, 0, 0, 1};
    static const char length[] = {2, 0, 0, 0, 'U', 'L', 4, 0};
    static const char preamble[128] = {};
    std::string group(version, sizeof version), name = IMPLEMENTATION_VERSION_NAME;

    put_uid(group, 0x02, tidy_uid(d, DCM_SOPClassUID));
    put_uid(group, 0x03, tidy_uid(d, DCM_SOPInstanceUID));
    put_uid(group, 0x10, target);
    put_uid(group, 0x12, IMPLEMENTATION_CLASS_UID);
    name.resize(name.size() + name.size() % 2, ' ');
    const char head[] = {2, 0, 0x13, 0, 'S', 'H', static_cast<char>(name.size()), 0};

    group.append(head, sizeof head).append(name);
    out.put(preamble, sizeof preamble);
    out.put("DICM", 4);
    out.put(length, sizeof length);
    out.put32(static_cast<uint32_t>(group.size()));
    out.put(group.data(), group.size());
}

/* Every transfer syntax that is made here has its data set in Explicit VR Little Endian. */
void write_elements(Sink &out, DcmDataset &d, DcmPixelData *pixel_data, Pixels *pixels)
{
    SinkStream stream(out);
    DcmWriteCache cache;

    for (DcmObject *o = d.nextInContainer(nullptr); o; o = d.nextInContainer(o)) {
        if (pixels && o == pixel_data) {
            pixels->write(out);
            continue;
        }
        o->transferInit();
        OFCondition c = o->write(stream, EXS_LittleEndianExplicit, EET_UndefinedLength, &cache);
        o->transferEnd();
        if (c.bad())
            throw Refusal(std::string("the data set cannot be written in Explicit VR (") + c.text() + ")");
    }
}

/* The top-level pixel data, or null: not every instance is an image. */
DcmPixelData *find_pixels(DcmDataset &d)
{
    DcmElement *e = nullptr;

    if (d.findAndGetElement(DCM_PixelData, e).bad() || e->ident() != EVR_PixelData)
        return nullptr;
    return static_cast<DcmPixelData *>(e);
}

/* Samples of more than 16 bits: some writers swap all bytes of a sample, most those of each 16-bit word (VR OW). */
void check_byte_order(Loaded &file)
{
    Uint16 bits = 0;

    if (file.transfer_syntax() == TRANSFER_SYNTAX_EXPLICIT_BE && find_pixels(file.dataset()) &&
        file.dataset().findAndGetUint16(DCM_BitsAllocated, bits).good() && bits > 16)
        throw Refusal("the byte order of samples of more than 16 bits in Big Endian cannot be told");
}

void convert(Loaded &file, Sink &out, const std::string &target)
{
    const struct transfer_syntax *to = transfer_syntax_find(target.c_str());
    DcmDataset &d = file.dataset();
    DcmPixelData *pixel_data = find_pixels(d);
    std::unique_ptr<Pixels> pixels;

    check_byte_order(file);
    tidy_data_set(d, file.transfer_syntax());
    if (pixel_data && (to->encapsulated || frames_sequence(*pixel_data))) {
        pixels = std::make_unique<Pixels>(d, *pixel_data, file.transfer_syntax(), target);
        pixels->result().store(d);
        tidy_offsets(d);
        tidy_lossy(d, file.transfer_syntax(), target, pixels->ratio());
    }
    write_header(out, d, target);
    if (target == TRANSFER_SYNTAX_DEFLATED_LE)
        out.deflate_from_here();
    write_elements(out, d, pixel_data, pixels.get());
    out.finish();
}

/* A memory file, unless the result may be too large for one: then the spool file. */
int open_result(Loaded &file, Source &source, int spool, struct protocol_reply *reply)
{
    DcmPixelData *pixel_data = find_pixels(file.dataset());
    uint64_t bytes = source.size();

    if (pixel_data && frames_sequence(*pixel_data)) {
        Image image = Image::of(file.dataset());

        bytes += image.frame_bytes() * image.frames;
    } else if (pixel_data) {
        bytes += pixel_data->getLength();
    }
    if (bytes > PROTOCOL_RESULT_MAX)
        throw Refusal("the converted instance would be too large");
    if (bytes > PROTOCOL_MEMORY_RESULT && spool >= 0) {
        reply->flags |= PROTOCOL_SPOOLED;
        return spool;
    }
    int fd = memfd_create("instance", MFD_CLOEXEC | MFD_ALLOW_SEALING);

    if (fd < 0)
        throw Refusal(std::string("no memory file for the converted instance: ") + strerror(errno));
    return fd;
}

void measure(int fd, bool seal, struct protocol_reply *reply)
{
    static Source result;

    if (seal && fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0)
        throw Refusal("the converted instance cannot be sealed");
    if (!result.open(fd))
        throw Refusal("the converted instance cannot be read back");
    reply->size = result.size();
    reply->crc = result.crc();
    reply->file_class = PROC_INSTANCE;
}

}

int convert_file(int fd, int spool, const char *target, struct protocol_reply *reply)
{
    static Source source;
    const struct transfer_syntax *to = transfer_syntax_find(target);
    int result = -1;

    try {
        if (!to || !to->target)
            throw Refusal("this transfer syntax is not made here");
        if (!source.open(fd))
            throw Refusal(std::string("cannot be read: ") + strerror(errno));
        Loaded file(source);

        if (!file.looks_like_dicom() || !file.good())
            throw Refusal(file.looks_like_dicom() ? file.problem() : "not a DICOM file");
        result = open_result(file, source, spool, reply);
        Sink out(result);

        convert(file, out, target);
        measure(result, result != spool, reply);
    } catch (const Refusal &r) {
        reply->file_class = PROC_REFUSED;
        reply->flags = 0;
        snprintf(reply->reason, sizeof reply->reason, "%s", r.what());
        if (result != spool)
            io_close(&result);
        return -1;
    }
    return result == spool ? -1 : result;
}
