/* SPDX-License-Identifier: MIT */
#ifndef WADOZIP_DICOM_DATASET_FIND_ELEMENTS_H
#define WADOZIP_DICOM_DATASET_FIND_ELEMENTS_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcelem.h"
#include "dcmtk/dcmdata/dcitem.h"

#include <array>
#include <cstddef>
#include <cstdint>

/*
 * Find elements of an item by `tags`, which must ascend, in one pass: DCMTK
 * looks for each element from the first one on. found[i] is null if tags[i] is
 * absent. The item owns the elements.
 */
void find_elements(DcmItem &item, const uint32_t *tags, size_t count, DcmElement **found);

template <size_t N>
std::array<DcmElement *, N> find_elements(DcmItem &item, const std::array<uint32_t, N> &tags)
{
    std::array<DcmElement *, N> found;

    find_elements(item, tags.data(), N, found.data());
    return found;
}

#endif
