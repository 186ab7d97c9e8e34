/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/values.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <memory>

#include "wadozip-dicom/io/load.h"
#include "wadozip-dicom/pixel/image.h"

namespace {

/* of a UID, and of its components: 10008 has five */
constexpr size_t standard_max = 40, standard_digits = 5;
constexpr char standard_root[] = "1.2.840.10008.", no_date[] = "19000101",
               anonymous[] = "ANONYMOUS";

void check(const OFCondition &c)
{
    if (c.bad())
        throw Refusal("a value cannot be replaced");
}

/* Return the dummy of a VR with text values; null: the VR has other values. */
const char *text_dummy(DcmEVR vr)
{
    switch (vr) {
    case EVR_AS: return "000Y";
    case EVR_DA: return no_date;
    case EVR_DT: return "19000101000000";
    case EVR_TM: return "000000";
    case EVR_DS:
    case EVR_IS: return "0";
    case EVR_AE:
    case EVR_CS:
    case EVR_LO:
    case EVR_LT:
    case EVR_PN:
    case EVR_SH:
    case EVR_ST:
    case EVR_UC:
    case EVR_UR:
    case EVR_UT: return anonymous;
    default: return nullptr;
    }
}

void set_number(DcmElement &e)
{
    static const Uint8 bytes[8] = {};
    OFCondition c = EC_IllegalCall;

    switch (e.getTag().getVR().getValidEVR()) {
    case EVR_US: c = e.putUint16(0); break;
    case EVR_SS: c = e.putSint16(0); break;
    case EVR_UL: c = e.putUint32(0); break;
    case EVR_SL: c = e.putSint32(0); break;
    case EVR_FL: c = e.putFloat32(0); break;
    case EVR_FD: c = e.putFloat64(0); break;
    case EVR_OB:
    case EVR_UN: c = e.putUint8Array(bytes, 2); break;
    case EVR_OW: c = e.putUint16Array(reinterpret_cast<const Uint16 *>(bytes), 1); break;
    /* sequences, and VRs that no row of the table with a dummy has */
    default: c = e.clear(); break;
    }
    check(c);
}

/* Call f for each value, and set the results. */
template <typename F> void each_value(DcmElement &e, F f)
{
    const std::string all = load_text(&e);
    std::string out;
    size_t at = 0;

    for (;;) {
        const size_t end = all.find('\\', at);

        out += f(all.substr(at, end == std::string::npos ? end : end - at));
        if (end == std::string::npos)
            break;
        out += '\\';
        at = end + 1;
    }
    deid_values_set(e, out);
}

std::string trimmed(const std::string &s)
{
    static const std::string padding(" \0", 2);
    const size_t first = s.find_first_not_of(padding), last = s.find_last_not_of(padding);

    return first == std::string::npos ? "" : s.substr(first, last - first + 1);
}

/* Days from 1970-01-01 of a Gregorian date, and back. A year here begins in
 * March, so that its last day is the leap day. */
long days_of(long y, long m, long d)
{
    y -= m <= 2;
    const long era = y / 400, year = y - era * 400,
               day = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;

    return era * 146097 + year * 365 + year / 4 - year / 100 + day - 719468;
}

std::string date_of(long days)
{
    days += 719468;
    const long era = days / 146097, in_era = days - era * 146097;
    const long year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    const long day = in_era - (365 * year + year / 4 - year / 100), m = (5 * day + 2) / 153;
    const long month = m < 10 ? m + 3 : m - 9;
    char text[96];

    snprintf(text, sizeof text, "%04ld%02ld%02ld", year + era * 400 + (month <= 2), month,
             day - (153 * m + 2) / 5 + 1);
    return text;
}

/* Read n digits. Returns -1 if there are others. */
long digits(const std::string &s, size_t at, size_t n)
{
    long v = 0;

    for (size_t i = at; i < at + n; i++) {
        if (i >= s.size() || s[i] < '0' || s[i] > '9')
            return -1;
        v = v * 10 + (s[i] - '0');
    }
    return v;
}

/* Move a date with its 8 digits, or a year or month of DT, which stay as short
 * as they are. */
std::string moved(const std::string &value, int days, bool with_time)
{
    std::string s = trimmed(value);

    if (s.empty())
        return "";
    if (s.size() == 10 && s[4] == '.' && s[7] == '.') /* ACR-NEMA */
        s.erase(7, 1).erase(4, 1);
    const size_t date = std::min(s.find_first_not_of("0123456789"), std::min<size_t>(s.size(), 8));
    const long y = digits(s, 0, 4), m = date >= 6 ? digits(s, 4, 2) : 1,
               d = date >= 8 ? digits(s, 6, 2) : 1;
    const bool whole = date == 8 ? with_time || s.size() == 8
                                 : with_time && (date == 4 || date == 6) &&
                                       (s.size() == date || s[date] == '+' || s[date] == '-');

    if (!whole || y < 1000 || m < 1 || m > 12 || d < 1 || d > 31 ||
        s.find_first_not_of("0123456789.+-") != std::string::npos)
        return no_date;
    return date_of(days_of(y, m, d) + days).substr(0, date) + s.substr(date);
}

/* Return whether the standard has assigned the UID, by its form: DCMTK's list
 * is older than the standard. */
bool is_of_standard(const std::string &uid)
{
    size_t digits = 0;

    if (uid.compare(0, sizeof standard_root - 1, standard_root) != 0 || uid.size() > standard_max)
        return false;
    for (const char c : uid) {
        digits = c == '.' ? 0 : digits + 1;
        if (digits > standard_digits || !(c == '.' || (c >= '0' && c <= '9')))
            return false;
    }
    return true;
}

}

std::string deid_values_text(DcmItem &d, const DcmTagKey &tag)
{
    DcmElement *e = nullptr;

    d.findAndGetElement(tag, e);
    return trimmed(load_text(e));
}

void deid_values_put(DcmItem &d, const DcmTagKey &tag, const std::string &text)
{
    check(d.putAndInsertString(tag, text.c_str()));
}

void deid_values_set(DcmElement &e, const std::string &text)
{
    check(e.putOFStringArray(OFString(text.data(), text.size())));
}

void deid_values_dummy(DcmElement &e)
{
    const char *text = text_dummy(e.getTag().getVR().getValidEVR());

    if (text)
        deid_values_set(e, text);
    else
        set_number(e);
}

void deid_values_uids(DcmElement &e, const DeidProfile &p)
{
    each_value(e, [&](const std::string &value) {
        const std::string uid = trimmed(value);

        return uid.empty() || is_of_standard(uid) ? uid : p.uid(uid);
    });
}

void deid_values_shift(DcmElement &e, int days)
{
    if (e.getVR() == EVR_TM)
        return;
    const bool with_time = e.getVR() == EVR_DT;

    each_value(e, [&](const std::string &value) { return moved(value, days, with_time); });
}

void deid_values_age(DcmElement &e)
{
    each_value(e, [&](const std::string &value) -> std::string {
        const std::string age = trimmed(value),
                          n = age.substr(0, age.find_first_not_of("0123456789"));

        if (n.empty() || n.size() > 3 || age.size() != n.size() + 1 || !strchr("DWMY", age.back()))
            return "";
        return age.back() == 'Y' && std::stoi(n) > 89 ? "090Y" : age;
    });
}

void deid_values_note(DcmSequenceOfItems &content)
{
    auto item = std::make_unique<DcmItem>();
    DcmItem *name = nullptr;

    deid_values_put(*item, DCM_RelationshipType, "CONTAINS");
    deid_values_put(*item, DCM_ValueType, "TEXT");
    check(item->findOrCreateSequenceItem(DCM_ConceptNameCodeSequence, name, -2));
    deid_values_put(*name, DCM_CodeValue, "121106");
    deid_values_put(*name, DCM_CodingSchemeDesignator, "DCM");
    deid_values_put(*name, DCM_CodeMeaning, "Comment");
    deid_values_put(*item, DCM_TextValue, "Removed by de-identification");
    check(content.append(item.get()));
    item.release();
}
