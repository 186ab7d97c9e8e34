/* SPDX-License-Identifier: MIT */
/*
 * The elements of a directory record or of an item in one, in Explicit VR
 * Little Endian. Text is UTF-8 and is adapted to its VR (PS3.5 6.2): characters
 * that the VR does not allow are removed, long text is truncated at a character
 * boundary.
 */
#ifndef WADOZIP_DICOM_DATASET_EXPLICIT_VR_WRITER_H
#define WADOZIP_DICOM_DATASET_EXPLICIT_VR_WRITER_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/*
 * Return the value in its VR's form, unpadded; empty if nothing is left. Only
 * for text VRs and single values.
 */
std::string explicit_vr_fit(const char *vr, const std::string &utf8);

class ExplicitVrWriter {
public:
    /* Add a text that comes from explicit_vr_fit(). Pads it to an even length.
     */
    void put(uint32_t tag, const char *vr, const std::string &value);

    void put16(uint32_t tag, uint16_t v);
    void put32(uint32_t tag, uint32_t v);

    /* Add an encoded value of any VR with an even length. At most 64 KiB unless
     * a sequence. */
    void put_value(uint32_t tag, const char *vr, const std::string &bytes);

    /* Add a sequence. Leaves the items empty. */
    void put_sequence(uint32_t tag, std::vector<ExplicitVrWriter> &items);

    /* Add elements from an earlier encode(). Returns false if the bytes are
     * malformed. */
    bool take(const std::string &encoded);

    bool has(uint32_t tag) const;
    bool empty() const { return elements_.empty(); }

    /* Encode all elements in tag order. */
    std::string encode();

    /* The same as an item, with Specific Character Set if a text is not ASCII.
     */
    std::string encode_item();

    /* Add Specific Character Set if a text is not ASCII. */
    void put_charset();

private:
    std::vector<std::pair<uint32_t, std::string>> elements_;
    bool ascii_ = true;
};

#endif
