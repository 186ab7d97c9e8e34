/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/ambiguous.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcpixel.h"
#include "dcmtk/dcmdata/dcsequen.h"
#include "dcmtk/dcmdata/dcvrss.h"

#include <memory>
#include <vector>

namespace {

bool is_signed(DcmItem &item, bool outer)
{
    Uint16 v = 0;

    return item.findAndGetUint16(DCM_PixelRepresentation, v).good() ? v == 1 : outer;
}

/* The same bits with the VR SS; null if the value cannot be read. */
std::unique_ptr<DcmElement> as_signed(DcmElement &e)
{
    auto copy = std::make_unique<DcmSignedShort>(DcmTag(e.getTag().getXTag(), EVR_SS));
    Uint16 *values = nullptr;
    unsigned long count = e.getLength() / sizeof *values;

    if (count > 0 && (e.getUint16Array(values).bad() || !values))
        return nullptr;
    if (count > 0 && copy->putSint16Array(reinterpret_cast<Sint16 *>(values), count).bad())
        return nullptr;
    return copy;
}

void settle(DcmItem &item, bool outer)
{
    bool with_sign = is_signed(item, outer);
    std::vector<DcmElement *> open; /* the list changes when they are replaced */

    for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o)) {
        if (o->ident() == EVR_SQ) {
            DcmSequenceOfItems &s = *static_cast<DcmSequenceOfItems *>(o);

            for (DcmObject *i = s.nextInContainer(nullptr); i; i = s.nextInContainer(i))
                settle(*static_cast<DcmItem *>(i), with_sign);
        } else if (with_sign && o->getTag().getEVR() == EVR_xs) {
            open.push_back(static_cast<DcmElement *>(o));
        }
    }
    for (DcmElement *e : open)
        if (std::unique_ptr<DcmElement> copy = as_signed(*e))
            item.insert(copy.release(), OFTrue);
}

}

void ambiguous_settle(DcmItem &data_set)
{
    settle(data_set, false);
}

DcmEVR ambiguous_vr(DcmElement &e)
{
    switch (e.getTag().getEVR()) {
    case EVR_xs:
        return EVR_US;
    case EVR_ox:
    case EVR_lt:
        return EVR_OW;
    case EVR_px:
        return e.ident() == EVR_PixelData &&
                       e.getLength(EXS_LittleEndianExplicit) == DCM_UndefinedLength
                   ? EVR_OB
                   : EVR_OW;
    case EVR_up:
        return EVR_UL;
    default:
        return e.getTag().getEVR();
    }
}
