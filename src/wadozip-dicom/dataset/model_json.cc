/* SPDX-License-Identifier: MIT */
/*
 * RapidJSON writes sequentially, without a tree in memory, and validates the
 * UTF-8 of every string.
 */
#include "wadozip-dicom/dataset/model.h"

#include "dcmtk/ofstd/ofstd.h"

#include <array>
#include <cmath>
#include <cstdio>
#include <rapidjson/writer.h>

#include "wadozip-dicom/dataset/number.h"
#include "wadozip-dicom/pixel/image.h"

namespace {

/* A stream in RapidJSON's sense. */
class Stream {
public:
    using Ch = char;

    explicit Stream(ResultSink &out) : out_(out) {}

    void Put(char c)
    {
        if (used_ == part_.size())
            Flush();
        part_[used_++] = c;
    }

    void Flush()
    {
        out_.put(part_.data(), used_);
        used_ = 0;
    }

private:
    ResultSink &out_;
    std::array<char, 4096> part_ = {};
    size_t used_ = 0;
};

using Writer = rapidjson::Writer<Stream, rapidjson::UTF8<>, rapidjson::UTF8<>,
                                 rapidjson::CrtAllocator, rapidjson::kWriteValidateEncodingFlag>;

class Json : public Model {
public:
    explicit Json(ResultSink &out) : stream_(out), writer_(stream_) {}

    void begin() override { check(writer_.StartObject()); }

    void finish() override
    {
        check(writer_.EndObject() && writer_.IsComplete());
        stream_.Flush();
    }

    void begin_attribute(const ModelAttribute &a) override
    {
        char tag[9];

        snprintf(tag, sizeof tag, "%08X", a.tag);
        check(writer_.Key(tag) && writer_.StartObject() && writer_.Key("vr") &&
              writer_.String(a.vr));
        in_values_ = false;
    }

    void end_attribute() override
    {
        check((!in_values_ || writer_.EndArray()) && writer_.EndObject());
        in_values_ = false;
    }

    void bulk(const std::string &uri) override { check(writer_.Key("BulkDataURI") && put(uri)); }

    void binary(const uint8_t *data, size_t n) override
    {
        OFString base64;

        OFStandard::encodeBase64(data, n, base64);
        check(writer_.Key("InlineBinary") &&
              writer_.String(base64.c_str(), static_cast<rapidjson::SizeType>(base64.size())));
    }

    void text(const std::string &s) override
    {
        open_values();
        check(s.empty() ? writer_.Null() : put(s));
    }

    void name(const std::string &s) override;

    void number(const std::string &s) override
    {
        std::string json = number_json(s);

        if (json.empty()) {
            text(s);
            return;
        }
        open_values();
        check(writer_.RawValue(json.data(), json.size(), rapidjson::kNumberType));
    }

    void real(double v) override
    {
        open_values();
        check(std::isfinite(v) ? writer_.Double(v) : writer_.String(model_no_number(v)));
    }

    void begin_item() override
    {
        open_values();
        check(writer_.StartObject());
    }

    void end_item() override
    {
        check(writer_.EndObject());
        in_values_ = true; /* of the sequence */
    }

private:
    static void check(bool good)
    {
        if (!good)
            throw Refusal("a value cannot be written as JSON");
    }

    bool put(const std::string &s)
    {
        return writer_.String(s.data(), static_cast<rapidjson::SizeType>(s.size()));
    }

    void open_values()
    {
        if (!in_values_)
            check(writer_.Key("Value") && writer_.StartArray());
        in_values_ = true;
    }

    Stream stream_;
    Writer writer_;
    bool in_values_ = false;
};

/* Write the non-empty component groups; null for a name without any (PS3.18
 * F.2.2, F.2.5). */
void Json::name(const std::string &s)
{
    std::vector<std::string> groups = model_split(s, '=', 3);

    open_values();
    if (s.find_first_not_of('=') == std::string::npos) {
        check(writer_.Null());
        return;
    }
    check(writer_.StartObject());
    for (size_t i = 0; i < groups.size(); i++)
        if (!groups[i].empty())
            check(writer_.Key(model_groups[i]) && put(groups[i]));
    check(writer_.EndObject());
}

}

std::unique_ptr<Model> model_json(ResultSink &out)
{
    return std::make_unique<Json>(out);
}
