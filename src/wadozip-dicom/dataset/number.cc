/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/number.h"

#include <cmath>
#include <cstdlib>

namespace {

constexpr size_t text_max = 64; /* DS has up to 16 bytes, IS up to 12 */
constexpr double whole_max = 9007199254740992.0;

/* Return the digits at `at`, and move past them. */
std::string take_digits(const std::string &s, size_t *at)
{
    size_t from = *at;

    *at = s.find_first_not_of("0123456789", from);
    if (*at == std::string::npos)
        *at = s.size();
    return s.substr(from, *at - from);
}

bool take_one_of(const std::string &s, const char *characters, size_t *at, char *which)
{
    if (*at == s.size() || std::string(characters).find(s[*at]) == std::string::npos)
        return false;
    *which = s[(*at)++];
    return true;
}

std::string without_zeros(const std::string &digits)
{
    size_t first = digits.find_first_not_of('0');

    return first == std::string::npos ? "0" : digits.substr(first);
}

/* Parse "e" and a signed number, or nothing. Returns false for an exponent
 * without digits. */
bool take_exponent(const std::string &s, size_t *at, std::string *exponent)
{
    char c = '+';

    if (!take_one_of(s, "eE", at, &c))
        return true;
    c = '+';
    take_one_of(s, "+-", at, &c);
    std::string digits = take_digits(s, at);

    *exponent = std::string("e") + c + digits;
    return !digits.empty();
}

}

std::string number_json(const std::string &text)
{
    size_t from = text.find_first_not_of(' '), at = 0;
    std::string fraction, exponent;
    char sign = '+', point;

    if (from == std::string::npos || text.size() > text_max)
        return "";
    std::string s = text.substr(from, text.find_last_not_of(' ') + 1 - from);

    take_one_of(s, "+-", &at, &sign);
    std::string whole = take_digits(s, &at);
    bool pointed = take_one_of(s, ".", &at, &point);

    if (pointed)
        fraction = take_digits(s, &at);
    if (whole.empty() && fraction.empty())
        return "";
    if (!take_exponent(s, &at, &exponent) || at != s.size())
        return "";
    std::string json = (sign == '-' ? "-" : "") + without_zeros(whole) +
                       (fraction.empty() ? "" : "." + fraction) + exponent;
    double value = strtod(json.c_str(), nullptr);

    if (!std::isfinite(value) ||
        (fraction.empty() && exponent.empty() && std::fabs(value) >= whole_max))
        return "";
    return json;
}
