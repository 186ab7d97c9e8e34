/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/explicit_vr_writer.h"

#include <algorithm>
#include <cctype>
#include <cstring>

extern "C" {
#include "base/le.h"
#include "base/utf8.h"
#include "dicom/uid.h"
}

namespace {

constexpr uint32_t charset_tag = 0x00080005;

bool has_long_length(const char *vr)
{
    static const char *const vrs[] = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ",
                                      "SV", "UC", "UN", "UR", "UT", "UV"};

    return std::any_of(std::begin(vrs), std::end(vrs),
                       [vr](const char *v) { return memcmp(v, vr, 2) == 0; });
}

/* Return whether the VR's characters are those of the Specific Character Set.
 */
bool has_charset(const char *vr)
{
    static const char *const vrs[] = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"};

    return std::any_of(std::begin(vrs), std::end(vrs),
                       [vr](const char *v) { return memcmp(v, vr, 2) == 0; });
}

std::string header(uint32_t tag, const char *vr, size_t length)
{
    uint8_t b[12] = {};
    bool is_long = has_long_length(vr);

    le16_put(le16_put(b, static_cast<uint16_t>(tag >> 16)), static_cast<uint16_t>(tag));
    memcpy(b + 4, vr, 2);
    if (is_long)
        le32_put(b + 8, static_cast<uint32_t>(length));
    else
        le16_put(b + 6, static_cast<uint16_t>(length));
    return std::string(reinterpret_cast<char *>(b), is_long ? 12 : 8);
}

std::string item(const std::string &elements)
{
    uint8_t b[8];

    le32_put(le16_put(le16_put(b, 0xfffe), 0xe000), static_cast<uint32_t>(elements.size()));
    return std::string(reinterpret_cast<char *>(b), sizeof b) + elements;
}

/* Return the first `max` characters. */
std::string cut(const std::string &s, size_t max)
{
    size_t at = 0;

    for (size_t count = 0; at < s.size() && count < max; count++) {
        size_t len = utf8_character(s.data() + at, s.size() - at);

        at += len ? len : 1;
    }
    std::string out = s.substr(0, at);

    out.erase(out.find_last_not_of(' ') + 1);
    return out;
}

/* Each component group has at most 64 characters, and there are three (PS3.5
 * 6.2.1). */
std::string fit_name(const std::string &s)
{
    std::string out;
    size_t at = 0;

    for (int group = 0; group < 3; group++) {
        size_t end = std::min(s.find('=', at), s.size());

        out += (group ? "=" : "") + cut(s.substr(at, end - at), 64);
        if (end == s.size())
            break;
        at = end + 1;
    }
    out.erase(out.find_last_not_of('=') + 1);
    return out;
}

bool is_digits(const std::string &s, size_t from, size_t n)
{
    return s.size() >= from + n &&
           std::all_of(s.begin() + static_cast<long>(from), s.begin() + static_cast<long>(from + n),
                       [](unsigned char c) { return isdigit(c); });
}

int number_at(const std::string &s, size_t at)
{
    return (s[at] - '0') * 10 + s[at + 1] - '0';
}

/* Accept also the ACR-NEMA form with dots (PS3.5 6.2 Note). */
std::string fit_date(std::string s)
{
    if (s.size() == 10 && s[4] == '.' && s[7] == '.')
        s.erase(7, 1).erase(4, 1);
    bool good = s.size() == 8 && is_digits(s, 0, 8) && number_at(s, 4) >= 1 &&
                number_at(s, 4) <= 12 && number_at(s, 6) >= 1 && number_at(s, 6) <= 31;

    return good ? s : "";
}

/* Accept HH, HHMM, HHMMSS or HHMMSS.F to six digits, also with colons. */
std::string fit_time(std::string s)
{
    s.erase(std::remove(s.begin(), s.end(), ':'), s.end());
    size_t dot = std::min(s.find('.'), s.size());
    bool good = (dot == 2 || dot == 4 || dot == 6) && is_digits(s, 0, dot) &&
                number_at(s, 0) < 24 && (dot < 4 || number_at(s, 2) < 60) &&
                (dot < 6 || number_at(s, 4) <= 60);

    if (!good || (dot < s.size() &&
                  (dot != 6 || s.size() < 8 || s.size() > 13 || !is_digits(s, 7, s.size() - 7))))
        return "";
    return s;
}

/* Accept a fraction and an offset from UTC; trailing parts may be missing. */
std::string fit_moment(const std::string &s)
{
    size_t zone = s.find_first_of("+-"), end = std::min(zone, s.size());
    bool good = s.size() <= 26 &&
                (zone == std::string::npos || (s.size() == zone + 5 && is_digits(s, zone + 1, 4)));

    if (!good || end < 8)
        return end == 4 || end == 6 ? (good && is_digits(s, 0, end) ? s : "") : "";
    return fit_date(s.substr(0, 8)).empty() || (end > 8 && fit_time(s.substr(8, end - 8)).empty())
               ? ""
               : s;
}

std::string fit_code(const std::string &s)
{
    bool good = s.size() <= 16 && std::all_of(s.begin(), s.end(), [](unsigned char c) {
        return isupper(c) || isdigit(c) || c == ' ' || c == '_';
    });

    return good ? s : "";
}

}

std::string explicit_vr_fit(const char *vr, const std::string &utf8)
{
    bool one_text = memcmp(vr, "ST", 2) == 0 || memcmp(vr, "UT", 2) == 0 ||
                    memcmp(vr, "LT", 2) == 0 || memcmp(vr, "UR", 2) == 0;
    std::string s = one_text ? utf8 : utf8.substr(0, utf8.find('\\'));

    s.erase(s.find_last_not_of(' ') + 1);
    if (memcmp(vr, "PN", 2) == 0)
        return fit_name(s);
    if (memcmp(vr, "DA", 2) == 0)
        return fit_date(s);
    if (memcmp(vr, "TM", 2) == 0)
        return fit_time(s);
    if (memcmp(vr, "DT", 2) == 0)
        return fit_moment(s);
    if (memcmp(vr, "CS", 2) == 0)
        return fit_code(s);
    if (memcmp(vr, "UI", 2) == 0)
        return uid_valid(s.data(), s.size()) ? s : "";
    return cut(s, memcmp(vr, "SH", 2) == 0 ? 16 : memcmp(vr, "LO", 2) == 0 ? 64 : 1024);
}

void ExplicitVrWriter::put_value(uint32_t tag, const char *vr, const std::string &bytes)
{
    elements_.emplace_back(tag, header(tag, vr, bytes.size()) + bytes);
}

void ExplicitVrWriter::put(uint32_t tag, const char *vr, const std::string &value)
{
    std::string padded = value;

    if (padded.size() % 2)
        padded += memcmp(vr, "UI", 2) == 0 ? '\0' : ' ';
    ascii_ = ascii_ && !(has_charset(vr) && std::any_of(value.begin(), value.end(),
                                                        [](unsigned char c) { return c > 0x7f; }));
    put_value(tag, vr, padded);
}

void ExplicitVrWriter::put16(uint32_t tag, uint16_t v)
{
    uint8_t b[2];

    le16_put(b, v);
    put_value(tag, "US", std::string(reinterpret_cast<char *>(b), sizeof b));
}

void ExplicitVrWriter::put32(uint32_t tag, uint32_t v)
{
    uint8_t b[4];

    le32_put(b, v);
    put_value(tag, "UL", std::string(reinterpret_cast<char *>(b), sizeof b));
}

bool ExplicitVrWriter::take(const std::string &encoded)
{
    const uint8_t *data = reinterpret_cast<const uint8_t *>(encoded.data());

    for (size_t at = 0; at < encoded.size();) {
        if (encoded.size() - at < 8)
            return false;
        const char *vr = encoded.data() + at + 4;
        size_t head = has_long_length(vr) ? 12 : 8;

        if (encoded.size() - at < head)
            return false;
        uint32_t tag = static_cast<uint32_t>(le16_get(data + at)) << 16 | le16_get(data + at + 2);
        size_t length = head == 12 ? le32_get(data + at + 8) : le16_get(data + at + 6);

        if (length > encoded.size() - at - head || length % 2)
            return false;
        if (tag == charset_tag)
            ascii_ = false;
        else
            elements_.emplace_back(tag, encoded.substr(at, head + length));
        at += head + length;
    }
    return true;
}

bool ExplicitVrWriter::has(uint32_t tag) const
{
    return std::any_of(elements_.begin(), elements_.end(),
                       [tag](const auto &e) { return e.first == tag; });
}

std::string ExplicitVrWriter::encode()
{
    std::string out;

    std::sort(elements_.begin(), elements_.end());
    for (const auto &e : elements_)
        out += e.second;
    return out;
}

std::string ExplicitVrWriter::encode_item()
{
    put_charset();
    return item(encode());
}

void ExplicitVrWriter::put_charset()
{
    if (!ascii_ && !has(charset_tag))
        put(charset_tag, "CS", "ISO_IR 192");
}

void ExplicitVrWriter::put_sequence(uint32_t tag, std::vector<ExplicitVrWriter> &items)
{
    std::string value;

    for (ExplicitVrWriter &i : items) {
        value += item(i.encode());
        ascii_ = ascii_ && i.ascii_;
    }
    put_value(tag, "SQ", value);
}
