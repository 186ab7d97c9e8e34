/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/unknown.h"

#include "dcmtk/dcmdata/dcdatset.h"
#include "dcmtk/dcmdata/dcistrmb.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include <memory>
#include <vector>

extern "C" {
#include "base/le.h"
}

namespace {

constexpr Uint32 value_max = 16 << 20; /* longer ones are not converted: each needs as much memory
                                        * again */

bool is_known(DcmElement &e)
{
    switch (DcmTag(e.getTag().getXTag()).getEVR()) {
    case EVR_UNKNOWN:
    case EVR_UNKNOWN2B:
    case EVR_UN:
        return false;
    default:
        return e.getTag().getEVR() == EVR_UN && e.getLength() <= value_max;
    }
}

/*
 * Return the element as a data set in Implicit VR Little Endian, the encoding
 * of UN; empty if it cannot be read.
 */
std::vector<uint8_t> implicit_bytes(DcmElement &e)
{
    constexpr size_t head = 8;
    Uint32 n = e.getLength();
    std::vector<uint8_t> b(head + n);

    le16_put(le16_put(b.data(), e.getGTag()), e.getETag());
    le32_put(b.data() + 4, n);
    if (n > 0 && e.getPartialValue(b.data() + head, 0, n, nullptr, EBO_LittleEndian).bad())
        b.clear();
    return b;
}

/* Return null if the value does not match the dictionary's VR. */
std::unique_ptr<DcmElement> reread(DcmElement &e)
{
    std::vector<uint8_t> bytes = implicit_bytes(e);
    DcmInputBufferStream stream;
    DcmDataset d;
    bool detect = dcmAutoDetectDatasetXfer.get();

    stream.setBuffer(bytes.data(), static_cast<offile_off_t>(bytes.size()));
    stream.setEos();
    dcmAutoDetectDatasetXfer.set(OFFalse);
    d.transferInit();
    OFCondition c = d.read(stream, EXS_LittleEndianImplicit);
    d.transferEnd();
    dcmAutoDetectDatasetXfer.set(detect);
    bool whole = c.good() && d.card() == 1 && stream.avail() == 0;

    return std::unique_ptr<DcmElement>(whole ? d.remove(0ul) : nullptr);
}

}

void unknown_resolve(DcmItem &data_set)
{
    std::vector<DcmElement *> open; /* the list changes when they are replaced */

    for (DcmObject *o = data_set.nextInContainer(nullptr); o; o = data_set.nextInContainer(o)) {
        DcmElement *e = static_cast<DcmElement *>(o);

        if (o->ident() == EVR_SQ) {
            DcmSequenceOfItems &s = *static_cast<DcmSequenceOfItems *>(o);

            for (DcmObject *i = s.nextInContainer(nullptr); i; i = s.nextInContainer(i))
                unknown_resolve(*static_cast<DcmItem *>(i));
        } else if (e->isLeaf() && is_known(*e)) {
            open.push_back(e);
        }
    }
    for (DcmElement *e : open)
        if (std::unique_ptr<DcmElement> known = reread(*e))
            data_set.insert(known.release(), OFTrue);
}
