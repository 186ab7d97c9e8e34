/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/normalise.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcostrma.h"
#include "dcmtk/dcmdata/dcsequen.h"
#include "dcmtk/dcmdata/dcvrobow.h"

#include <memory>

#include "wadozip-dicom/dataset/ambiguous.h"
#include "wadozip-dicom/io/load.h"
#include "wadozip-dicom/pixel/frames.h"

extern "C" {
#include "dicom/transfer_syntax.h"
#include "dicom/uid.h"
}

#define JPEG TRANSFER_SYNTAX_IMPLICIT_LE ".4."

namespace {

constexpr Uint32 short_vr_max = 65534;

/* Collects the output of an element's write function. */
class Memory : public DcmConsumer {
public:
    Bytes bytes;

    OFBool good() const override { return OFTrue; }
    OFCondition status() const override { return EC_Normal; }
    OFBool isFlushed() const override { return OFTrue; }
    offile_off_t avail() const override { return 1 << 30; }
    void flush() override {}
    offile_off_t write(const void *data, offile_off_t n) override
    {
        const uint8_t *s = static_cast<const uint8_t *>(data);

        bytes.insert(bytes.end(), s, s + n);
        return n;
    }
};

class MemoryStream : public DcmOutputStream {
public:
    explicit MemoryStream(Memory &m) : DcmOutputStream(&m) {}
};

/* Return the element with VR UN and its value in Implicit VR Little Endian. */
std::unique_ptr<DcmElement> as_unknown(DcmElement &e)
{
    constexpr size_t head = 8;
    Memory memory;
    MemoryStream stream(memory);
    auto copy = std::make_unique<DcmOtherByteOtherWord>(DcmTag(e.getTag(), EVR_UN));

    e.transferInit();
    OFCondition c = e.write(stream, EXS_LittleEndianImplicit, EET_UndefinedLength, nullptr);
    e.transferEnd();
    if (c.bad() || memory.bytes.size() < head)
        throw Refusal("a long value cannot be written in Explicit VR");
    c = copy->putUint8Array(memory.bytes.data() + head,
                            static_cast<unsigned long>(memory.bytes.size() - head));
    if (c.bad())
        throw Refusal("a long value cannot be written in Explicit VR");
    return copy;
}

bool is_too_long(DcmElement &e)
{
    return e.isLeaf() && !DcmVR(e.getTag().getVR().getValidEVR()).usesExtendedLengthEncoding() &&
           e.getLength() > short_vr_max;
}

/* DCMTK pads texts and VR OB itself. */
bool is_odd(DcmElement &e)
{
    return e.isLeaf() &&
           !(e.ident() == EVR_PixelData && frames_sequence(static_cast<DcmPixelData &>(e))) &&
           e.getLength() % 2 != 0;
}

/* Return the element with a zero byte after its value. */
std::unique_ptr<DcmElement> as_padded(DcmElement &e)
{
    DcmEVR vr = ambiguous_vr(e);
    Uint32 n = e.getLength();
    Bytes value(n + 1);
    auto copy = std::make_unique<DcmOtherByteOtherWord>(DcmTag(e.getTag().getXTag(), vr));
    OFCondition c = e.getPartialValue(value.data(), 0, n, nullptr, EBO_LittleEndian);

    if (c.good() && vr == EVR_OW)
        c = copy->putUint16Array(reinterpret_cast<Uint16 *>(value.data()), value.size() / 2);
    else if (c.good())
        c = copy->putUint8Array(value.data(), value.size());
    if (c.bad())
        throw Refusal("a value of odd length cannot be read");
    return copy;
}

void normalise_item(DcmItem &item, bool top);

void normalise_sequence(DcmSequenceOfItems &s)
{
    for (DcmObject *o = s.nextInContainer(nullptr); o; o = s.nextInContainer(o))
        normalise_item(*static_cast<DcmItem *>(o), false);
}

void normalise_item(DcmItem &item, bool top)
{
    std::vector<DcmElement *> elements; /* a copy, because the list changes during the walk */

    for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o))
        elements.push_back(static_cast<DcmElement *>(o));
    for (DcmElement *e : elements) {
        if (e->ident() == EVR_SQ)
            normalise_sequence(*static_cast<DcmSequenceOfItems *>(e));
        else if (e->getETag() == 0 || e->getGTag() <= 2)
            delete item.remove(e);
        else if (is_too_long(*e))
            item.insert(as_unknown(*e).release(), OFTrue);
        else if (is_odd(*e) && !(top && e->ident() == EVR_PixelData))
            item.insert(as_padded(*e).release(), OFTrue);
    }
}

/* Append a value to a multi-valued text attribute. */
void append(DcmDataset &d, const DcmTagKey &tag, const std::string &value)
{
    OFString old;

    d.findAndGetOFStringArray(tag, old);
    std::string all = old.empty() ? value : std::string(old.c_str()) + "\\" + value;

    if (d.putAndInsertString(tag, all.c_str()).bad())
        throw Refusal("the lossy compression cannot be recorded in the data set");
}

/* Defined terms of (0028,2114). */
const char *lossy_method(const std::string &syntax)
{
    return syntax == JPEG "50"   ? "ISO_10918_1"
           : syntax == JPEG "81" ? "ISO_14495_1"
                                 : "ISO_15444_1";
}

}

void normalise_data_set(DcmDataset &d)
{
    normalise_item(d, true);
}

void normalise_offsets(DcmDataset &d)
{
    d.findAndDeleteElement(DCM_ExtendedOffsetTable);
    d.findAndDeleteElement(DCM_ExtendedOffsetTableLengths);
}

void normalise_derived(DcmDataset &d)
{
    OFString old;

    d.findAndGetOFStringArray(DCM_ImageType, old);
    std::string type = old.empty() ? "\\SECONDARY" : old.c_str();

    type = "DERIVED" +
           (type.find('\\') == std::string::npos ? "\\SECONDARY" : type.substr(type.find('\\')));
    d.putAndInsertString(DCM_ImageType, type.c_str());
}

void normalise_lossy(DcmDataset &d, const std::string &from, const std::string &to, double ratio)
{
    bool decoded = from == JPEG "50" || from == JPEG "51"; /* others may have been lossless: their
                                                            * data set says so */
    const struct transfer_syntax *made = transfer_syntax_find(to.c_str());
    char text[32];

    if (decoded || made->lossy)
        d.putAndInsertString(DCM_LossyImageCompression, "01");
    if (!made->lossy)
        return;
    snprintf(text, sizeof text, "%.2f", ratio);
    append(d, DCM_LossyImageCompressionRatio, text);
    append(d, DCM_LossyImageCompressionMethod, lossy_method(to));
    normalise_derived(d);
}

std::string normalise_uid(DcmDataset &d, const DcmTagKey &tag)
{
    DcmElement *e = nullptr;

    d.findAndGetElement(tag, e);
    std::string uid = load_uid(e);

    if (!uid_valid(uid.data(), uid.size()))
        throw Refusal("the data set has no legal SOP Class or SOP Instance UID");
    return uid;
}
