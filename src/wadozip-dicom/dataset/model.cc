/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/model.h"

#include <cmath>

const char *const model_groups[3] = {"Alphabetic", "Ideographic", "Phonetic"};

const char *model_no_number(double v)
{
    return std::isnan(v) ? "NaN" : v < 0 ? "-Infinity" : "Infinity";
}

std::vector<std::string> model_split(const std::string &s, char separator, size_t most)
{
    std::vector<std::string> parts;
    size_t from = 0, to;

    while (parts.size() + 1 < most && (to = s.find(separator, from)) != std::string::npos) {
        parts.push_back(s.substr(from, to - from));
        from = to + 1;
    }
    parts.push_back(s.substr(from));
    return parts;
}
