/* SPDX-License-Identifier: MIT */
/*
 * The elements of a directory record or of an item within one, encoded in Explicit VR Little Endian. Text is UTF-8 and is
 * made to fit its VR (PS3.5 6.2): what a VR does not allow is left out, what is too long is cut at a character.
 */
#ifndef WADOZIP_DICOM_DATASET_EXPLICIT_VR_WRITER_H
#define WADOZIP_DICOM_DATASET_EXPLICIT_VR_WRITER_H

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

/* The value as its VR wants it, unpadded; empty when nothing of it is left. Only VRs of text; not of several values. */
std::string explicit_vr_fit(const char *vr, const std::string &utf8);

class ExplicitVrWriter {
public:
    /* A text as it is, which explicit_vr_fit() has seen; padded to an even length. */
    void put(uint32_t tag, const char *vr, const std::string &value);

    void put16(uint32_t tag, uint16_t v);
    void put32(uint32_t tag, uint32_t v);

    /* The value of an element of whatever VR, encoded and of even length. Not longer than 64 KiB unless a sequence. */
    void put_value(uint32_t tag, const char *vr, const std::string &bytes);

    /* Leaves the items empty. */
    void put_sequence(uint32_t tag, std::vector<ExplicitVrWriter> &items);

    /* Takes over what encode() gave once. False when these bytes are nothing of the kind. */
    bool take(const std::string &encoded);

    bool has(uint32_t tag) const;
    bool empty() const { return elements_.empty(); }

    /* All of them in the order of their tags. */
    std::string encode();

    /* The same as an item; with Specific Character Set where a text is not ASCII. */
    std::string encode_item();

    /* Says so, where a text is not ASCII; what takes the elements over does it again. */
    void put_charset();

private:
    std::vector<std::pair<uint32_t, std::string>> elements_;
    bool ascii_ = true;
};

#endif
