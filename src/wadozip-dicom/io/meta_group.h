/* SPDX-License-Identifier: MIT */
#ifndef WADOZIP_DICOM_IO_META_GROUP_H
#define WADOZIP_DICOM_IO_META_GROUP_H

#include "wadozip-dicom/io/source.h"

constexpr uint64_t meta_group_at = 132; /* after the preamble and "DICM" (PS3.10 7.1) */

struct MetaGroup {
    uint64_t end;  /* of the elements of group 0002: the first byte of the data set */
    bool standard; /* all of them have a VR of the standard */
};

/* Walk the elements of group 0002, which is Explicit VR Little Endian (PS3.10
 * 7.1), from `at` on. */
MetaGroup meta_group_of(Source &source, uint64_t at);

#endif
