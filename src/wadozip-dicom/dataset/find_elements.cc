/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/find_elements.h"

#include <algorithm>

void find_elements(DcmItem &item, const uint32_t *tags, size_t count, DcmElement **found)
{
    size_t i = 0;

    std::fill(found, found + count, nullptr);
    for (DcmObject *o = item.nextInContainer(nullptr); o && i < count;
         o = item.nextInContainer(o)) {
        const uint32_t tag = static_cast<uint32_t>(o->getGTag()) << 16 | o->getETag();

        while (i < count && tags[i] < tag)
            i++;
        if (i < count && tags[i] == tag)
            found[i++] = static_cast<DcmElement *>(o);
    }
}
