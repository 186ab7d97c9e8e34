/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/meta_group.h"

#include "wadozip-dicom/io/vr_form.h"

extern "C" {
#include "base/le.h"
}

MetaGroup meta_group_of(Source &source, uint64_t at)
{
    MetaGroup group = {at, true};
    uint8_t head[12];

    while (source.read(group.end, head, sizeof head) == sizeof head && le16_get(head) == 2) {
        const VrForm form = vr_form(reinterpret_cast<const char *>(head + 4));

        group.standard = group.standard && form.standard;
        group.end += form.long_length ? 12 + static_cast<uint64_t>(le32_get(head + 8))
                                      : 8u + le16_get(head + 6);
    }
    return group;
}
