/* SPDX-License-Identifier: MIT */
/* A de-identification profile: the options of PS3.15 Annex E, and values
 * derived from its key. */
#ifndef WADOZIP_DICOM_DEID_PROFILE_H
#define WADOZIP_DICOM_DEID_PROFILE_H

#include <cstdint>
#include <string>

#include "base/deid_options.h"

/* Let libcrypto read its files, which the sandbox forbids later. Returns false
 * if it has no SHA-256. */
bool deid_prepare();

class DeidProfile {
public:
    /*
     * Read the target of a job (base/deid_options.h). Returns false if it is
     * malformed, or if dates are to be moved by no day or to be kept as well.
     */
    bool parse(const std::string &text);

    bool has(enum deid_option o) const { return (options_ & o) != 0; }
    uint16_t options() const { return options_; }

    /* Return the UID that stands for another one, the same for the same key. */
    std::string uid(const std::string &original) const;

    /* Return 12 letters and digits that stand for a patient. */
    std::string pseudonym(const std::string &issuer, const std::string &id) const;

    /* Return by how many days that patient's dates move: -DAYS to -1. */
    int shift(const std::string &patient) const;

private:
    std::string mac(const char *label, const std::string &text) const;

    uint16_t options_ = 0;
    uint32_t days_ = 0;
    uint8_t key_[DEID_KEY_BYTES] = {};
};

#endif
