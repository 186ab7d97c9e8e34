/* SPDX-License-Identifier: MIT */
/*
 * The type and keys of an instance's directory record, by SOP class (PS3.3 F.4
 * and F.5). Instance Number is not listed, because every record has it.
 */
#ifndef WADOZIP_DICOM_DICOMDIR_RECORD_H
#define WADOZIP_DICOM_DICOMDIR_RECORD_H

#include <cstddef>
#include <cstdint>
#include <string>

/*
 * Requirement types of a key (PS3.5 7.4). A conditional key, and one of type 3,
 * is present if the instance has it.
 */
enum KeyNeed { KEY_FILLED, KEY_EMPTY, KEY_IF_THERE };

struct RecordKey {
    uint32_t tag;
    const char *vr;
    KeyNeed need;
    const char *invented; /* value of KEY_FILLED if the instance has none; null: after its VR */
};

struct RecordType {
    const char *name; /* Directory Record Type */
    const RecordKey *keys;
    size_t count;
};

/* Return the record type. Never null: SOP classes without one have PRIVATE. */
const RecordType *record_type(const std::string &sop_class);

/* Return the PRIVATE type. */
const RecordType *record_private();

/* Return the VR of an attribute in the items of a key; null if it is left out.
 */
const char *record_nested_vr(uint32_t tag);

#endif
