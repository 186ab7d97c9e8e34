/* SPDX-License-Identifier: MIT */
/* A data set as text for other programs: what both of its forms have in common. Fed element by element, in order. */
#ifndef WADOZIP_DICOM_DATASET_MODEL_H
#define WADOZIP_DICOM_DATASET_MODEL_H

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "wadozip-dicom/io/result_sink.h"

struct ModelAttribute {
    uint32_t tag;        /* group in the high half */
    const char *vr;      /* two capitals (PS3.5 6.2) */
    std::string creator; /* of a private element, "" where the data set does not tell */
};

/* Texts are UTF-8 without control characters but tabs and ends of lines and pages. */
class Model {
public:
    virtual ~Model() = default;

    /* The data set, once. finish() hands the last bytes to the sink. */
    virtual void begin() = 0;
    virtual void finish() = 0;

    /* An element; between them nothing where it is empty, one of bulk and binary, or one or more values or items. */
    virtual void begin_attribute(const ModelAttribute &a) = 0;
    virtual void end_attribute() = 0;

    virtual void bulk(const std::string &uri) = 0;
    virtual void binary(const uint8_t *data, size_t n) = 0;

    virtual void text(const std::string &s) = 0;   /* "": an empty value */
    virtual void name(const std::string &s) = 0;   /* a value of VR PN */
    virtual void number(const std::string &s) = 0; /* what a number was written as: any text */
    virtual void real(double v) = 0;

    virtual void begin_item() = 0;
    virtual void end_item() = 0;
};

/* The DICOM JSON Model (PS3.18 F.2): one object. The sink must outlive the model. */
std::unique_ptr<Model> model_json(ResultSink &out);

/* The Native DICOM Model (PS3.19 A.1): one XML document. */
std::unique_ptr<Model> model_xml(ResultSink &out);

/* What stands for a real that is not a number or infinite: neither standard has a word for it. */
const char *model_no_number(double v);

/* A person name at '=' is groups of components: Alphabetic, Ideographic, Phonetic (PS3.5 6.2.1). */
extern const char *const model_groups[3];

/* The parts of s between separators, at most `most`: the last has the rest. */
std::vector<std::string> model_split(const std::string &s, char separator, size_t most);

#endif
