/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dicomdir/record_keys.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include <algorithm>
#include <cstring>
#include <vector>

#include "wadozip-dicom/dataset/charset.h"
#include "wadozip-dicom/dataset/explicit_vr_writer.h"
#include "wadozip-dicom/dicomdir/record.h"
#include "wadozip-dicom/io/load.h"

extern "C" {
#include "base/num.h"
#include "helper/dicomdir_input.h"
}

namespace {

constexpr size_t text_room = 4 * 1024 + 1; /* 1024 characters, the most that is kept of a text */
constexpr int depth_max = 8;
constexpr uint32_t verification_time = 0x0040a030, content_sequence = 0x0040a730,
                   directory_record_type = 0x00041430;

DcmElement *find(DcmItem &item, const DcmTagKey &tag)
{
    DcmElement *e = nullptr;

    return item.findAndGetElement(tag, e).good() ? e : nullptr;
}

std::string charset_of(DcmItem &item, const std::string &outer)
{
    DcmElement *e = find(item, DCM_SpecificCharacterSet);
    std::string charset = load_text(e);

    charset.erase(charset.find_last_not_of(std::string(" \0", 2)) + 1);
    return e ? charset : outer;
}

bool is_ascii_vr(const char *vr)
{
    static const char *const vrs[] = {"CS", "DA", "DT", "IS", "TM", "UI", "UR"};

    return std::any_of(std::begin(vrs), std::end(vrs),
                       [vr](const char *v) { return strcmp(v, vr) == 0; });
}

std::string text_of(DcmElement *e, const char *vr, const std::string &charset)
{
    static char text[text_room];
    std::string s = load_text(e);

    if (is_ascii_vr(vr))
        charset_put_ascii(s.data(), s.size(), text, sizeof text);
    else
        charset_put(charset, s.data(), s.size(), strcmp(vr, "PN") == 0 ? "\\^=" : "\\", text,
                    sizeof text);
    return text;
}

/* Return all values, none of which may be left out. */
std::string codes(const std::string &s)
{
    for (size_t at = 0; at < s.size();) {
        size_t end = std::min(s.find('\\', at), s.size());

        if (explicit_vr_fit("CS", s.substr(at, end - at)).empty())
            return "";
        at = end + 1;
    }
    return s;
}

std::string integer(const std::string &s)
{
    int64_t value;

    return num_parse_signed(s.c_str() + (s[0] == '+'), INT32_MIN, INT32_MAX, &value)
               ? std::to_string(value)
               : "";
}

void put_numbers(ExplicitVrWriter &to, uint32_t tag, const char *vr, DcmElement *e)
{
    Uint16 v16 = 0;
    Uint32 v32 = 0;

    if (strcmp(vr, "US") == 0 && e->getUint16(v16, 0).good() && v16)
        to.put16(tag, v16);
    if (strcmp(vr, "UL") == 0 && e->getUint32(v32, 0).good() && v32)
        to.put32(tag, v32);
}

void put_text(ExplicitVrWriter &to, uint32_t tag, const char *vr, DcmElement *e,
              const std::string &charset)
{
    std::string s = text_of(e, vr, charset);

    s = strcmp(vr, "CS") == 0   ? codes(s)
        : strcmp(vr, "IS") == 0 ? integer(s)
                                : explicit_vr_fit(vr, s);
    if (!s.empty())
        to.put(tag, vr, s);
}

void put_sequence(ExplicitVrWriter &to, uint32_t tag, DcmElement *e, const std::string &charset,
                  int depth);

void put_element(ExplicitVrWriter &to, uint32_t tag, const char *vr, DcmElement *e,
                 const std::string &charset, int depth)
{
    if (strcmp(vr, "SQ") == 0)
        put_sequence(to, tag, e, charset, depth);
    else if (vr[0] == 'U' && (vr[1] == 'S' || vr[1] == 'L'))
        put_numbers(to, tag, vr, e);
    else
        put_text(to, tag, vr, e, charset);
}

ExplicitVrWriter item_of(DcmItem &item, const std::string &outer, int depth)
{
    std::string charset = charset_of(item, outer);
    ExplicitVrWriter out;

    for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o)) {
        uint32_t tag = static_cast<uint32_t>(o->getGTag()) << 16 | o->getETag();
        const char *vr = record_nested_vr(tag);

        if (vr && !out.has(tag))
            put_element(out, tag, vr, static_cast<DcmElement *>(o), charset, depth);
    }
    return out;
}

/* Keep of a report's content only the items that modify its title (PS3.3
 * F.5.25, F.5.26). */
bool is_wanted(DcmItem &item, uint32_t sequence)
{
    return sequence != content_sequence ||
           explicit_vr_fit("CS", text_of(find(item, DCM_RelationshipType), "CS", "")) ==
               "HAS CONCEPT MOD";
}

void put_sequence(ExplicitVrWriter &to, uint32_t tag, DcmElement *e, const std::string &charset,
                  int depth)
{
    DcmSequenceOfItems *sequence =
        e->ident() == EVR_SQ ? static_cast<DcmSequenceOfItems *>(e) : nullptr;
    std::vector<ExplicitVrWriter> items;

    if (!sequence || depth == depth_max)
        return;
    for (DcmObject *o = sequence->nextInContainer(nullptr); o; o = sequence->nextInContainer(o)) {
        DcmItem *item = static_cast<DcmItem *>(o);

        if (!is_wanted(*item, tag))
            continue;
        items.push_back(item_of(*item, charset, depth + 1));
        if (items.back().empty())
            items.pop_back();
    }
    if (!items.empty())
        to.put_sequence(tag, items);
}

/* Add the latest time of the verifying observers (PS3.3 F.5.25), else the
 * content's time. */
void put_verification(ExplicitVrWriter &to, DcmDataset &d)
{
    DcmElement *e = find(d, DCM_VerifyingObserverSequence);
    std::string latest;

    if (text_of(find(d, DCM_VerificationFlag), "CS", "") != "VERIFIED")
        return;
    if (e && e->ident() == EVR_SQ) {
        auto *sequence = static_cast<DcmSequenceOfItems *>(e);

        for (DcmObject *o = sequence->nextInContainer(nullptr); o; o = sequence->nextInContainer(o))
            latest = std::max(latest, explicit_vr_fit("DT", text_of(find(*static_cast<DcmItem *>(o),
                                                                         DCM_VerificationDateTime),
                                                                    "DT", "")));
    }
    if (latest.empty())
        latest = explicit_vr_fit("DA", text_of(find(d, DCM_ContentDate), "DA", ""));
    if (!latest.empty())
        to.put(verification_time, "DT", latest);
}

}

std::string record_keys_read(DcmDataset &d, const std::string &sop_class)
{
    const RecordType *type = record_type(sop_class);
    std::string charset = type->count ? charset_of(d, "") : "", encoded;
    ExplicitVrWriter keys;

    for (size_t i = 0; i < type->count; i++) {
        const RecordKey &key = type->keys[i];
        DcmElement *e =
            find(d, DcmTagKey(static_cast<Uint16>(key.tag >> 16), static_cast<Uint16>(key.tag)));

        if (key.tag == verification_time)
            put_verification(keys, d);
        else if (e)
            put_element(keys, key.tag, key.vr, e, charset, 0);
    }
    keys.put_charset();
    encoded = keys.encode();
    if (encoded.size() <= DICOMDIR_KEYS_MAX)
        return encoded;
    ExplicitVrWriter none;

    none.put(directory_record_type, "CS", record_private()->name);
    return none.encode();
}
