/* SPDX-License-Identifier: MIT */
/* libxml2 writes sequentially, without a tree in memory, and escapes markup. */
#include "wadozip-dicom/dataset/model.h"

#include "dcmtk/dcmdata/dctag.h"
#include "dcmtk/ofstd/ofstd.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <libxml/xmlwriter.h>

#include "wadozip-dicom/pixel/image.h"

namespace {

const xmlChar *chars(const char *s)
{
    return reinterpret_cast<const xmlChar *>(s);
}

int write_to_sink(void *sink, const char *data, int n)
{
    static_cast<ResultSink *>(sink)->put(data, static_cast<size_t>(n));
    return n;
}

/*
 * Replace characters that XML 1.0 cannot represent (2.2 Char): form feed, and
 * two code points at the end of the plane.
 */
std::string legal(std::string s)
{
    for (size_t i = 0; i < s.size(); i++) {
        if (s[i] == '\f')
            s[i] = ' ';
        else if (s.compare(i, 3, "\xef\xbf\xbe") == 0 || s.compare(i, 3, "\xef\xbf\xbf") == 0)
            s.replace(i, 3, "?");
    }
    return s;
}

bool is_private(uint32_t tag)
{
    return tag >> 16 & 1;
}

class Xml : public Model {
public:
    explicit Xml(ResultSink &out)
    {
        xmlOutputBufferPtr buffer = xmlOutputBufferCreateIO(write_to_sink, nullptr, &out, nullptr);

        writer_ = buffer ? xmlNewTextWriter(buffer) : nullptr;
        if (!writer_)
            throw Refusal("no memory left for XML");
    }

    ~Xml() override { xmlFreeTextWriter(writer_); }
    Xml(const Xml &) = delete;
    Xml &operator=(const Xml &) = delete;

    void begin() override
    {
        check(xmlTextWriterStartDocument(writer_, "1.0", "UTF-8", nullptr));
        start("NativeDicomModel");
        attribute("xmlns", "http://dicom.nema.org/PS3.19/models/NativeDICOM");
        attribute("xml:space", "preserve");
    }

    void finish() override
    {
        check(xmlTextWriterEndDocument(writer_));
        check(xmlTextWriterFlush(writer_));
    }

    void begin_attribute(const ModelAttribute &a) override;

    void end_attribute() override
    {
        end();
        numbers_.pop_back();
    }

    void bulk(const std::string &uri) override
    {
        start("BulkData");
        attribute("uri", uri.c_str());
        end();
    }

    void binary(const uint8_t *data, size_t n) override
    {
        OFString base64;

        OFStandard::encodeBase64(data, n, base64);
        check(xmlTextWriterWriteElement(writer_, chars("InlineBinary"), chars(base64.c_str())));
    }

    void text(const std::string &s) override
    {
        start_numbered("Value");
        characters(s);
        end();
    }

    void name(const std::string &s) override;
    void number(const std::string &s) override { text(s); }

    void real(double v) override
    {
        char digits[32];
        std::to_chars_result r = std::to_chars(digits, digits + sizeof digits, v);

        text(std::isfinite(v) ? std::string(digits, r.ptr) : model_no_number(v));
    }

    void begin_item() override { start_numbered("Item"); }
    void end_item() override { end(); }

private:
    static void check(int rc)
    {
        if (rc < 0)
            throw Refusal("a value cannot be written as XML");
    }

    void start(const char *element) { check(xmlTextWriterStartElement(writer_, chars(element))); }
    void end() { check(xmlTextWriterEndElement(writer_)); }

    void attribute(const char *key, const char *value)
    {
        check(xmlTextWriterWriteAttribute(writer_, chars(key), chars(value)));
    }

    void characters(const std::string &s)
    {
        check(xmlTextWriterWriteString(writer_, chars(legal(s).c_str())));
    }

    void start_numbered(const char *element)
    {
        start(element);
        attribute("number", std::to_string(++numbers_.back()).c_str());
    }

    void components(const std::string &group);

    xmlTextWriterPtr writer_;
    std::vector<uint32_t> numbers_; /* of the last value of each open attribute */
};

/*
 * Table A.1.5-2: a private attribute has its creator in place of the block
 * number. Without a creator it keeps the number.
 */
void Xml::begin_attribute(const ModelAttribute &a)
{
    static const char retired[] = "RETIRED_", unofficial[] = "ACR_NEMA_";
    DcmTag tag(static_cast<Uint16>(a.tag >> 16), static_cast<Uint16>(a.tag));
    const char *keyword = is_private(a.tag) ? nullptr : tag.getTagName();
    char digits[9];

    if (keyword && strncmp(keyword, retired, sizeof retired - 1) == 0)
        keyword += sizeof retired - 1;
    if (keyword && (strncmp(keyword, unofficial, sizeof unofficial - 1) == 0 ||
                    strcmp(keyword, DcmTag_ERROR_TagName) == 0))
        keyword = nullptr;
    snprintf(digits, sizeof digits, "%08X", a.creator.empty() ? a.tag : a.tag & 0xffff00ff);
    start("DicomAttribute");
    if (keyword)
        attribute("keyword", keyword);
    attribute("tag", digits);
    attribute("vr", a.vr);
    if (!a.creator.empty())
        attribute("privateCreator", legal(a.creator).c_str());
    numbers_.push_back(0);
}

void Xml::components(const std::string &group)
{
    static const char *const names[] = {"FamilyName", "GivenName", "MiddleName", "NamePrefix",
                                        "NameSuffix"};
    std::vector<std::string> parts = model_split(group, '^', 5);

    for (size_t i = 0; i < parts.size(); i++) {
        if (parts[i].empty())
            continue;
        start(names[i]);
        characters(parts[i]);
        end();
    }
}

void Xml::name(const std::string &s)
{
    std::vector<std::string> groups = model_split(s, '=', 3);

    start_numbered("PersonName");
    for (size_t i = 0; i < groups.size(); i++) {
        if (groups[i].empty())
            continue;
        start(model_groups[i]);
        components(groups[i]);
        end();
    }
    end();
}

}

std::unique_ptr<Model> model_xml(ResultSink &out)
{
    return std::make_unique<Xml>(out);
}
