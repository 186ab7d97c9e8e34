/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/value.h"

#include "dcmtk/dcmdata/dcvr.h"

#include <cstring>

#include "wadozip-dicom/dataset/ambiguous.h"
#include "wadozip-dicom/dataset/charset.h"

extern "C" {
#include "base/le.h"
}

namespace {

/* The encoding of a VR's values in bytes (PS3.5 6.2). */
enum Shape { SEQUENCE, BINARY, WORDS, TEXT, LONG_TEXT, DIGITS, NAME, TAG, UNSIGNED, SIGNED, REAL };

struct Kind {
    const char *vr;
    Shape shape;
    size_t bytes; /* length of one value if it is fixed */
    bool local;   /* its characters are those of the Specific Character Set */
};

const Kind kinds[] = {
    {"AE", WORDS, 0, false},     {"AS", WORDS, 0, false},    {"AT", TAG, 4, false},
    {"CS", WORDS, 0, false},     {"DA", WORDS, 0, false},    {"DS", DIGITS, 0, false},
    {"DT", WORDS, 0, false},     {"FD", REAL, 8, false},     {"FL", REAL, 4, false},
    {"IS", DIGITS, 0, false},    {"LO", TEXT, 0, true},      {"LT", LONG_TEXT, 0, true},
    {"OB", BINARY, 0, false},    {"OD", BINARY, 0, false},   {"OF", BINARY, 0, false},
    {"OL", BINARY, 0, false},    {"OV", BINARY, 0, false},   {"OW", BINARY, 0, false},
    {"PN", NAME, 0, true},       {"SH", TEXT, 0, true},      {"SL", SIGNED, 4, false},
    {"SQ", SEQUENCE, 0, false},  {"SS", SIGNED, 2, false},   {"ST", LONG_TEXT, 0, true},
    {"SV", SIGNED, 8, false},    {"TM", WORDS, 0, false},    {"UC", TEXT, 0, true},
    {"UI", WORDS, 0, false},     {"UL", UNSIGNED, 4, false}, {"UN", BINARY, 0, false},
    {"UR", LONG_TEXT, 0, false}, {"US", UNSIGNED, 2, false}, {"UT", LONG_TEXT, 0, true},
    {"UV", UNSIGNED, 8, false},
};

const Kind &unknown = kinds[29];

const Kind &kind_of(const char *vr)
{
    for (const Kind &k : kinds)
        if (k.vr[0] == vr[0] && k.vr[1] == vr[1])
            return k;
    return unknown;
}

uint64_t little(const uint8_t *at, size_t n)
{
    uint64_t v = 0;

    while (n-- > 0)
        v = v << 8 | at[n];
    return v;
}

double real_at(const uint8_t *at, size_t n)
{
    uint64_t bits = little(at, n);
    uint32_t half = static_cast<uint32_t>(bits);
    double d;
    float f;

    memcpy(&d, &bits, sizeof d);
    memcpy(&f, &half, sizeof f);
    return n == sizeof f ? static_cast<double>(f) : d;
}

/* Return two's complement of 8 n bits. */
int64_t signed_at(const uint8_t *at, size_t n)
{
    unsigned unused = static_cast<unsigned>(64 - 8 * n);

    return static_cast<int64_t>(little(at, n) << unused) >> unused;
}

void print_fixed(const uint8_t *at, const Kind &k, Model &model)
{
    char tag[9];

    switch (k.shape) {
    case TAG:
        snprintf(tag, sizeof tag, "%04X%04X", static_cast<unsigned>(little(at, 2)),
                 static_cast<unsigned>(little(at + 2, 2)));
        model.text(tag);
        break;
    case REAL:
        model.real(real_at(at, k.bytes));
        break;
    case SIGNED:
        model.number(std::to_string(signed_at(at, k.bytes)));
        break;
    default:
        model.number(std::to_string(little(at, k.bytes)));
    }
}

std::string without_padding(const std::string &s, bool in_front)
{
    static const std::string padding(" \0", 2);
    size_t last = s.find_last_not_of(padding), first = in_front ? s.find_first_not_of(' ') : 0;

    return last == std::string::npos ? "" : s.substr(first, last + 1 - first);
}

void print_one(const std::string &s, Shape shape, Model &model)
{
    if (shape == NAME)
        model.name(s);
    else if (shape == DIGITS)
        model.number(s);
    else
        model.text(s);
}

/* Padding is removed before the conversion, because a zero byte becomes a
 * question mark there. */
void print_text(const Bytes &value, const Kind &k, const std::string &charset, Model &model)
{
    bool several = k.shape != LONG_TEXT;
    std::string raw(value.begin(), value.end());
    std::string all =
        charset_utf8(k.local ? charset : "", raw.data(), without_padding(raw, false).size(),
                     k.shape == NAME ? "\\^="
                     : several       ? "\\"
                                     : "");
    std::vector<std::string> parts = model_split(all, '\\', several ? SIZE_MAX : 1);

    for (std::string &s : parts)
        s = without_padding(s, k.shape == DIGITS || strcmp(k.vr, "AE") == 0);
    if (parts.size() == 1 && parts[0].empty())
        return;
    for (const std::string &s : parts)
        print_one(s, k.shape, model);
}

}

const char *value_vr(DcmElement &e)
{
    return e.ident() == EVR_SQ ? "SQ" : kind_of(DcmVR(ambiguous_vr(e)).getVRName()).vr;
}

bool value_is_binary(const char *vr)
{
    return kind_of(vr).shape == BINARY;
}

Bytes value_bytes(DcmElement &e)
{
    Bytes value(e.getLength());

    if (!value.empty() && e.getPartialValue(value.data(), 0, static_cast<Uint32>(value.size()),
                                            nullptr, EBO_LittleEndian)
                              .bad())
        throw Refusal("a value cannot be read");
    return value;
}

void value_print(const Bytes &value, const char *vr, const std::string &charset, Model &model)
{
    const Kind &k = kind_of(vr);

    if (k.shape == BINARY) {
        model.binary(value.data(), value.size());
        return;
    }
    if (!k.bytes) {
        print_text(value, k, charset, model);
        return;
    }
    for (size_t at = 0; at + k.bytes <= value.size(); at += k.bytes)
        print_fixed(value.data() + at, k, model);
}
