/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/meta_group.h"

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcvr.h"

extern "C" {
#include "base/le.h"
}

MetaGroup meta_group_of(Source &source, uint64_t at)
{
    MetaGroup group = {at, true};
    uint8_t head[12];

    while (source.read(group.end, head, sizeof head) == sizeof head && le16_get(head) == 2) {
        const char name[] = {static_cast<char>(head[4]), static_cast<char>(head[5]), '\0'};
        DcmVR vr(name);

        group.standard = group.standard && vr.isStandard();
        group.end += vr.usesExtendedLengthEncoding()
                         ? 12 + static_cast<uint64_t>(le32_get(head + 8))
                         : 8u + le16_get(head + 6);
    }
    return group;
}
