/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/elements.h"

#include "dcmtk/dcmdata/dcwcache.h"

#include <algorithm>

#include "wadozip-dicom/dataset/ambiguous.h"
#include "wadozip-dicom/pixel/frames.h"

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
        if (e.getPartialValue(piece.data(), at, static_cast<Uint32>(piece.size()), &cache,
                              EBO_LittleEndian)
                .bad())
            throw Refusal("the pixel data cannot be read");
        out.put(piece.data(), piece.size());
    }
    out.put("", 1);
}

}

void elements_write(ResultSink &out, DcmDataset &d, DcmPixelData *pixel_data, Replacement *instead,
                    E_TransferSyntax stored)
{
    ResultSinkStream stream(out);
    DcmWriteCache cache;

    for (DcmObject *o = d.nextInContainer(nullptr); o; o = d.nextInContainer(o)) {
        if (instead && o == pixel_data) {
            instead->write(out);
            continue;
        }
        if (o == pixel_data && pixel_data->getLength() % 2 && !frames_sequence(*pixel_data)) {
            write_odd(out, *pixel_data);
            continue;
        }
        o->transferInit();
        OFCondition c = o->write(stream, o == pixel_data ? stored : EXS_LittleEndianExplicit,
                                 EET_UndefinedLength, &cache);
        o->transferEnd();
        out.check();
        if (c.bad())
            throw Refusal(std::string("the data set cannot be written in Explicit VR (") +
                          c.text() + ")");
    }
}
