/* SPDX-License-Identifier: MIT */
/*
 * Which directory record stands for an instance, and what its keys are (PS3.3 F.4 and F.5): by SOP class. Instance Number
 * is not among the keys listed here, since every record has it.
 */
#ifndef WADOZIP_DICOM_DICOMDIR_RECORD_H
#define WADOZIP_DICOM_DICOMDIR_RECORD_H

#include <cstddef>
#include <cstdint>
#include <string>

/* Of a key: PS3.5 7.4. A conditional key, and one of type 3, is there when the instance has it. */
enum KeyNeed { KEY_FILLED, KEY_EMPTY, KEY_IF_THERE };

struct RecordKey {
    uint32_t tag;
    const char *vr;
    KeyNeed need;
    const char *invented; /* of KEY_FILLED where the instance has none; null: after its VR */
};

struct RecordType {
    const char *name; /* Directory Record Type */
    const RecordKey *keys;
    size_t count;
};

/* Never null: what no other record is for has a PRIVATE one. */
const RecordType *record_type(const std::string &sop_class);

/* The PRIVATE one. */
const RecordType *record_private();

/* The VR of an attribute within the items of a key; null for what is left out of them. */
const char *record_nested_vr(uint32_t tag);

#endif
