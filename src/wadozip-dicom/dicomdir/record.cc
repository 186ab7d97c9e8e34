/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dicomdir/record.h"

#include <algorithm>
#include <iterator>
#include <sstream>
#include <unordered_map>

namespace {

constexpr RecordKey content_date = {0x00080023, "DA", KEY_FILLED, nullptr};
constexpr RecordKey content_time = {0x00080033, "TM", KEY_FILLED, nullptr};
constexpr RecordKey concept_name = {0x0040a043, "SQ", KEY_FILLED, nullptr};
constexpr RecordKey content_modifiers = {0x0040a730, "SQ", KEY_IF_THERE, nullptr};
constexpr RecordKey content_label = {0x00700080, "CS", KEY_FILLED, "UNNAMED"};
constexpr RecordKey content_description = {0x00700081, "LO", KEY_EMPTY, nullptr};
constexpr RecordKey content_creator = {0x00700084, "PN", KEY_EMPTY, nullptr};

const RecordKey content[] = {content_date, content_time};
const RecordKey content_identified[] = {content_date, content_time, content_label,
                                        content_description, content_creator};
const RecordKey dose[] = {{0x3004000a, "CS", KEY_FILLED, "UNKNOWN"},
                          {0x30040006, "LO", KEY_IF_THERE, nullptr}};
const RecordKey structure_set[] = {{0x30060002, "SH", KEY_FILLED, "UNNAMED"},
                                   {0x30060008, "DA", KEY_EMPTY, nullptr},
                                   {0x30060009, "TM", KEY_EMPTY, nullptr}};
const RecordKey plan[] = {{0x300a0002, "SH", KEY_FILLED, "UNNAMED"},
                          {0x300a0006, "DA", KEY_EMPTY, nullptr},
                          {0x300a0007, "TM", KEY_EMPTY, nullptr}};
const RecordKey treatment[] = {{0x30080250, "DA", KEY_EMPTY, nullptr},
                               {0x30080251, "TM", KEY_EMPTY, nullptr}};
const RecordKey presentation[] = {
    {0x00081115, "SQ", KEY_IF_THERE, nullptr}, {0x00700082, "DA", KEY_FILLED, nullptr},
    {0x00700083, "TM", KEY_FILLED, nullptr}, content_label, content_description, content_creator,
    {0x00700402, "SQ", KEY_IF_THERE, nullptr}};
const RecordKey report[] = {content_date,
                            content_time,
                            {0x0040a030, "DT", KEY_IF_THERE, nullptr},
                            concept_name,
                            {0x0040a491, "CS", KEY_FILLED, "PARTIAL"},
                            {0x0040a493, "CS", KEY_FILLED, "UNVERIFIED"},
                            content_modifiers};
const RecordKey key_objects[] = {content_date, content_time, concept_name, content_modifiers};
const RecordKey spectroscopy[] = {{0x00080008, "CS", KEY_FILLED, "ORIGINAL\\PRIMARY"},
                                  content_date,
                                  content_time,
                                  {0x00089092, "SQ", KEY_IF_THERE, nullptr},
                                  {0x00280008, "IS", KEY_FILLED, "1"},
                                  {0x00280010, "US", KEY_FILLED, nullptr},
                                  {0x00280011, "US", KEY_FILLED, nullptr},
                                  {0x00289001, "UL", KEY_FILLED, nullptr},
                                  {0x00289002, "UL", KEY_FILLED, nullptr}};
const RecordKey document[] = {{0x00080023, "DA", KEY_EMPTY, nullptr},
                              {0x00080033, "TM", KEY_EMPTY, nullptr},
                              {0x0040a043, "SQ", KEY_EMPTY, nullptr},
                              {0x0040e001, "ST", KEY_IF_THERE, nullptr},
                              {0x00420010, "ST", KEY_EMPTY, nullptr},
                              {0x00420012, "LO", KEY_FILLED, "application/octet-stream"}};
const RecordKey assessment[] = {{0x00080012, "DA", KEY_FILLED, nullptr},
                                {0x00080013, "TM", KEY_EMPTY, nullptr}};
const RecordKey radiotherapy[] = {content_description,
                                  content_creator,
                                  {0x30100033, "SH", KEY_IF_THERE, nullptr},
                                  {0x30100034, "LO", KEY_IF_THERE, nullptr}};

/* SOP classes by their suffix after 1.2.840.10008.5.1.4. (PS3.4 B.5, with
 * retired ones). */
struct Known {
    RecordType type;
    const char *classes;
};

constexpr char prefix[] = "1.2.840.10008.5.1.4.";

#define KEYS(array) array, sizeof(array) / sizeof *(array)
const Known known[] = {
    {{"PRIVATE", nullptr, 0}, ""}, /* for all others */
    {{"IMAGE", nullptr, 0},
     "1.1.1 1.1.1.1 1.1.1.1.1 1.1.1.2 1.1.1.2.1 1.1.1.3 1.1.1.3.1 1.1.2 1.1.2.1 1.1.2.2 1.1.3 1.1.3.1 1.1.4 1.1.4.1 1.1.4.3 "
     "1.1.4.4 1.1.5 1.1.6 1.1.6.1 1.1.6.2 1.1.6.3 1.1.7 1.1.7.1 1.1.7.2 1.1.7.3 1.1.7.4 1.1.12.1 1.1.12.1.1 1.1.12.2 "
     "1.1.12.2.1 1.1.12.3 1.1.13.1.1 1.1.13.1.2 1.1.13.1.3 1.1.13.1.4 1.1.13.1.5 1.1.14.1 1.1.14.2 1.1.20 1.1.30 1.1.66.4 "
     "1.1.66.7 1.1.66.8 1.1.77.1 1.1.77.2 1.1.77.1.1 1.1.77.1.1.1 1.1.77.1.2 1.1.77.1.2.1 1.1.77.1.3 1.1.77.1.4 1.1.77.1.4.1 "
     "1.1.77.1.5.1 1.1.77.1.5.2 1.1.77.1.5.4 1.1.77.1.5.5 1.1.77.1.5.6 1.1.77.1.5.7 1.1.77.1.5.8 1.1.77.1.6 1.1.77.1.7 "
     "1.1.77.1.8 1.1.77.1.9 1.1.81.1 1.1.82.1 1.1.128 1.1.128.1 1.1.130 1.1.481.1 1.1.481.23 1.1.481.24 1.1.501.1 "
     "1.1.501.2.1 1.1.501.2.2 1.1.501.4 1.1.501.5 1.1.601.1 1.1.601.2"},
    {{"RT DOSE", KEYS(dose)}, "1.1.481.2"},
    {{"RT STRUCTURE SET", KEYS(structure_set)}, "1.1.481.3"},
    {{"RT PLAN", KEYS(plan)}, "1.1.481.5 1.1.481.8"},
    {{"RT TREAT RECORD", KEYS(treatment)}, "1.1.481.4 1.1.481.6 1.1.481.7 1.1.481.9"},
    {{"PRESENTATION", KEYS(presentation)},
     "1.1.9.100.1 1.1.9.100.2 1.1.11.1 1.1.11.2 1.1.11.3 1.1.11.4 1.1.11.5 1.1.11.6 1.1.11.7 1.1.11.8 1.1.11.9 1.1.11.10 "
     "1.1.11.11 1.1.11.12 1.1.131"},
    {{"WAVEFORM", KEYS(content)},
     "1.1.9.1 1.1.9.1.1 1.1.9.1.2 1.1.9.1.3 1.1.9.1.4 1.1.9.2.1 1.1.9.3.1 1.1.9.4.1 1.1.9.4.2 1.1.9.5.1 1.1.9.6.1 1.1.9.6.2 "
     "1.1.9.7.1 1.1.9.7.2 1.1.9.7.3 1.1.9.7.4 1.1.9.8.1"},
    {{"SR DOCUMENT", KEYS(report)},
     "1.1.78.6 1.1.79.1 1.1.88.1 1.1.88.2 1.1.88.3 1.1.88.4 1.1.88.11 1.1.88.22 1.1.88.33 1.1.88.34 1.1.88.35 1.1.88.40 "
     "1.1.88.50 1.1.88.65 1.1.88.67 1.1.88.68 1.1.88.69 1.1.88.70 1.1.88.71 1.1.88.72 1.1.88.73 1.1.88.74 1.1.88.75 "
     "1.1.88.76 1.1.88.77"},
    {{"KEY OBJECT DOC", KEYS(key_objects)}, "1.1.88.59"},
    {{"SPECTROSCOPY", KEYS(spectroscopy)}, "1.1.4.2"},
    {{"RAW DATA", KEYS(content)}, "1.1.66"},
    {{"REGISTRATION", KEYS(content_identified)}, "1.1.66.1 1.1.66.3"},
    {{"FIDUCIAL", KEYS(content_identified)}, "1.1.66.2"},
    {{"ENCAP DOC", KEYS(document)}, "1.1.104.1 1.1.104.2 1.1.104.3 1.1.104.4 1.1.104.5"},
    {{"VALUE MAP", KEYS(content_identified)}, "1.1.67"},
    {{"STEREOMETRIC", nullptr, 0}, "1.1.77.1.5.3"},
    {{"PLAN", nullptr, 0}, "34.1 34.7 34.10"},
    {{"MEASUREMENT", KEYS(content_identified)},
     "1.1.78.1 1.1.78.2 1.1.78.3 1.1.78.4 1.1.78.5 1.1.78.7 1.1.78.8 1.1.80.1"},
    {{"SURFACE", KEYS(content_identified)}, "1.1.66.5"},
    {{"SURFACE SCAN", KEYS(content)}, "1.1.68.1 1.1.68.2"},
    {{"TRACT", KEYS(content_identified)}, "1.1.66.6"},
    {{"ASSESSMENT", KEYS(assessment)}, "1.1.90.1"},
    {{"RADIOTHERAPY", KEYS(radiotherapy)},
     "1.1.481.10 1.1.481.11 1.1.481.12 1.1.481.13 1.1.481.14 1.1.481.15 1.1.481.16 1.1.481.17 1.1.481.18 1.1.481.19 "
     "1.1.481.20 1.1.481.21 1.1.481.22 1.1.481.25"},
    {{"ANNOTATION", KEYS(content_identified)}, "1.1.91.1"},
};

std::unordered_map<std::string, const RecordType *> index_classes()
{
    std::unordered_map<std::string, const RecordType *> by_class;

    for (const Known &k : known) {
        std::istringstream words(k.classes);

        for (std::string end; words >> end;)
            by_class[prefix + end] = &k.type;
    }
    return by_class;
}

struct Nested {
    uint32_t tag;
    const char *vr;
};

/* Codes, references, and content items that modify a title (PS3.3 Tables 8.8-1,
 * 10-11, C.17-5). */
const Nested nested[] = {
    {0x00080100, "SH"}, {0x00080102, "SH"}, {0x00080103, "SH"}, {0x00080104, "LO"},
    {0x00080119, "UC"}, {0x00080120, "UR"}, {0x00081115, "SQ"}, {0x00081140, "SQ"},
    {0x00081150, "UI"}, {0x00081155, "UI"}, {0x00081199, "SQ"}, {0x0020000d, "UI"},
    {0x0020000e, "UI"}, {0x0040a010, "CS"}, {0x0040a040, "CS"}, {0x0040a043, "SQ"},
    {0x0040a160, "UT"}, {0x0040a168, "SQ"},
};
}

const RecordType *record_type(const std::string &sop_class)
{
    static const auto by_class = index_classes();
    auto at = by_class.find(sop_class);

    return at == by_class.end() ? record_private() : at->second;
}

const RecordType *record_private()
{
    return &known[0].type;
}

const char *record_nested_vr(uint32_t tag)
{
    auto at = std::find_if(std::begin(nested), std::end(nested),
                           [tag](const Nested &n) { return n.tag == tag; });

    return at == std::end(nested) ? nullptr : at->vr;
}
