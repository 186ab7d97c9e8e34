/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/profile.h"

#include <cstdio>
#include <cstring>

#include "wadozip-dicom/pixel/image.h"

extern "C" {
#include "base/hex.h"
#include "base/sha256.h"
}

namespace {

constexpr size_t block = 64;

std::string sha256_of(const std::string &a, const std::string &b)
{
    const std::string text = a + b;
    uint8_t out[SHA256_BYTES];
    struct err e = ERR_INIT;

    if (sha256_bytes(text.data(), text.size(), out, &e))
        throw Refusal("libcrypto cannot compute a SHA-256");
    return std::string(reinterpret_cast<char *>(out), sizeof out);
}

/* Return a number of 128 bits in decimal digits. */
std::string decimal(uint8_t n[16])
{
    std::string out;
    bool zero;

    do {
        unsigned rest = 0;

        zero = true;
        for (size_t i = 0; i < 16; i++) {
            rest = rest << 8 | n[i];
            n[i] = static_cast<uint8_t>(rest / 10);
            zero = zero && n[i] == 0;
            rest %= 10;
        }
        out.insert(out.begin(), static_cast<char>('0' + rest));
    } while (!zero);
    return out;
}

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
    key_.clear();
    for (size_t i = static_cast<size_t>(at); i < text.size(); i += 2) {
        const int high = hex_value(text[i]), low = hex_value(text[i + 1]);

        if (high < 0 || low < 0)
            return false;
        key_ += static_cast<char>(high << 4 | low);
    }
    return !(has(DEID_MODIFIED_DATES) && (has(DEID_FULL_DATES) || days_ == 0));
}

/* HMAC-SHA-256 (RFC 2104). */
std::string DeidProfile::mac(const std::string &text) const
{
    std::string inner(block, '\x36'), outer(block, '\x5c');

    for (size_t i = 0; i < key_.size(); i++) {
        inner[i] = static_cast<char>(inner[i] ^ key_[i]);
        outer[i] = static_cast<char>(outer[i] ^ key_[i]);
    }
    return sha256_of(outer, sha256_of(inner, text));
}

/* A UUID of version 8 (RFC 9562) as PS3.5 B.2 writes it. */
std::string DeidProfile::uid(const std::string &original) const
{
    const std::string m = mac(std::string("uid\0", 4) + original);
    uint8_t n[16];

    memcpy(n, m.data(), sizeof n);
    n[6] = static_cast<uint8_t>((n[6] & 0x0f) | 0x80);
    n[8] = static_cast<uint8_t>((n[8] & 0x3f) | 0x80);
    return "2.25." + decimal(n);
}

std::string DeidProfile::pseudonym(const std::string &issuer, const std::string &id) const
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    const std::string m = mac(std::string("pid\0", 4) + issuer + std::string(1, '\0') + id);
    std::string out;

    for (size_t i = 0; i < 12; i++)
        out += letters[static_cast<uint8_t>(m[i]) & 31];
    return out;
}

int DeidProfile::shift(const std::string &patient) const
{
    const std::string m = mac(std::string("shift\0", 6) + patient);
    uint32_t n = 0;

    for (size_t i = 0; i < 4; i++)
        n = n << 8 | static_cast<uint8_t>(m[i]);
    return -1 - static_cast<int>(n % (days_ ? days_ : 1));
}
