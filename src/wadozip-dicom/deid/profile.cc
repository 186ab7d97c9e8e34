/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/profile.h"

#include <cstdio>
#include <cstring>

#include "wadozip-dicom/pixel/image.h"

extern "C" {
#include "base/hex.h"
#include "base/sha256.h"
#include "dicom/deid_key.h"
}

bool deid_prepare()
{
    uint8_t out[SHA256_BYTES];
    struct err e = ERR_INIT;

    return sha256_bytes("", 0, out, &e) == 0;
}

bool DeidProfile::parse(const std::string &text)
{
    unsigned options, days;
    int at = 0;

    if (sscanf(text.c_str(), "%5u %5u %n", &options, &days, &at) != 2 || at == 0 ||
        options > DEID_OPTIONS_MAX || days > DEID_DAYS_MAX ||
        text.size() != static_cast<size_t>(at) + 2 * DEID_KEY_BYTES)
        return false;
    options_ = static_cast<uint16_t>(options);
    days_ = days;
    for (size_t i = 0; i < sizeof key_; i++) {
        const int high = hex_value(text[at + 2 * i]), low = hex_value(text[at + 2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        key_[i] = static_cast<uint8_t>(high << 4 | low);
    }
    return !(has(DEID_MODIFIED_DATES) && (has(DEID_FULL_DATES) || days_ == 0));
}

std::string DeidProfile::mac(const char *label, const std::string &text) const
{
    uint8_t out[DEID_MAC_BYTES];
    struct err e = ERR_INIT;

    if (deid_key_mac(key_, label, text.data(), text.size(), out, &e))
        throw Refusal(e.text);
    return std::string(reinterpret_cast<char *>(out), sizeof out);
}

std::string DeidProfile::uid(const std::string &original) const
{
    char out[UID_MAX + 1];
    struct err e = ERR_INIT;

    if (deid_key_new_uid(key_, original.data(), original.size(), out, &e))
        throw Refusal(e.text);
    return out;
}

std::string DeidProfile::pseudonym(const std::string &issuer, const std::string &id) const
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const std::string m = mac("pid", issuer + std::string(1, '\0') + id);
    std::string out;

    for (size_t i = 0; i < 12; i++)
        out += letters[static_cast<uint8_t>(m[i]) & 31];
    return out;
}

int DeidProfile::shift(const std::string &patient) const
{
    const std::string m = mac("shift", patient);
    uint32_t n = 0;

    for (size_t i = 0; i < 4; i++)
        n = n << 8 | static_cast<uint8_t>(m[i]);
    return -1 - static_cast<int>(n % (days_ ? days_ : 1));
}
