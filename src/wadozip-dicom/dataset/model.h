/* SPDX-License-Identifier: MIT */
/*
 * A data set as text for other programs: the common interface of JSON and XML.
 * Receives element after element, in order.
 */
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
    std::string creator; /* for a private element, "" if the data set does not name it */
};

/* Texts are UTF-8 without control characters except tabs, line and page breaks.
 */
class Model {
public:
    virtual ~Model() = default;

    /* The data set, once. finish() passes the last bytes to the sink. */
    virtual void begin() = 0;
    virtual void finish() = 0;

    /* An element. Between these calls: nothing if it is empty, one call of
     * bulk or binary, or one or more values or items. */
    virtual void begin_attribute(const ModelAttribute &a) = 0;
    virtual void end_attribute() = 0;

    virtual void bulk(const std::string &uri) = 0;
    virtual void binary(const uint8_t *data, size_t n) = 0;

    virtual void text(const std::string &s) = 0;   /* "": an empty value */
    virtual void name(const std::string &s) = 0;   /* a value of VR PN */
    virtual void number(const std::string &s) = 0; /* a number as it was written: any text */
    virtual void real(double v) = 0;

    virtual void begin_item() = 0;
    virtual void end_item() = 0;
};

/* The DICOM JSON Model (PS3.18 F.2): one object. The sink must outlive the
 * model. */
std::unique_ptr<Model> model_json(ResultSink &out);

/* The Native DICOM Model (PS3.19 A.1): one XML document. */
std::unique_ptr<Model> model_xml(ResultSink &out);

/*
 * Return the text for a real that is not a number or infinite, for which
 * neither standard has one.
 */
const char *model_no_number(double v);

/*
 * A person name has component groups separated by '=': Alphabetic, Ideographic,
 * Phonetic (PS3.5 6.2.1).
 */
extern const char *const model_groups[3];

/* Split s at separators into at most `most` parts; the last one has the rest.
 */
std::vector<std::string> model_split(const std::string &s, char separator, size_t most);

#endif
