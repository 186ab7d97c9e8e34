/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/deidentify.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include <set>
#include <utility>
#include <vector>

#include "wadozip-dicom/dataset/unknown.h"
#include "wadozip-dicom/deid/table.h"
#include "wadozip-dicom/deid/values.h"
#include "wadozip-dicom/io/load.h"
#include "wadozip-dicom/pixel/image.h"

namespace {

constexpr uint16_t creator_first = 0x10, creator_last = 0xff;

std::string text_of(DcmItem &d, const DcmTagKey &tag)
{
    DcmElement *e = nullptr;

    d.findAndGetElement(tag, e);
    const std::string s = load_text(e);
    const size_t first = s.find_first_not_of(' '), last = s.find_last_not_of(std::string(" \0", 2));

    return first == std::string::npos || last == std::string::npos ? "" : s.substr(first, last - first + 1);
}

bool is_private(const DcmElement &e)
{
    return e.getGTag() % 2 != 0;
}

bool is_creator(const DcmElement &e)
{
    return e.getETag() >= creator_first && e.getETag() <= creator_last;
}

/* Overlays go with their labels and descriptions, which the table does not have. */
bool is_overlay(uint16_t group)
{
    return (group & 0xff00) == 0x6000;
}

/* Return whether an overlay is in unused bits of the pixel data (PS3.5 8.1.2, retired). */
bool has_embedded_overlay(DcmDataset &d)
{
    Uint16 bits = 0;

    for (uint16_t group = 0x6000; is_overlay(group); group = static_cast<uint16_t>(group + 2))
        if (d.findAndGetUint16(DcmTagKey(group, 0x0100), bits).good() && bits > 1)
            return true;
    return false;
}

/* Return whether the dictionary has the attribute: nobody knows what others contain. */
bool is_in_dictionary(const DcmElement &e)
{
    switch (DcmTag(e.getTag().getXTag()).getEVR()) {
    case EVR_UNKNOWN:
    case EVR_UNKNOWN2B:
    case EVR_UN:
        return false;
    default:
        return true;
    }
}

class Deidentifier {
public:
    Deidentifier(DcmDataset &d, const DeidProfile &p)
        : profile_(p), issuer_(text_of(d, DCM_IssuerOfPatientID)), id_(text_of(d, DCM_PatientID))
    {
        if (id_.empty()) { /* then every study is of its own patient */
            issuer_ = std::string(1, '\0') + "study";
            id_ = text_of(d, DCM_StudyInstanceUID);
        }
        pseudonym_ = p.pseudonym(issuer_, id_);
        days_ = p.shift(issuer_ + std::string(1, '\0') + id_);
    }

    void treat_item(DcmItem &item)
    {
        std::vector<DcmElement *> elements; /* a copy, because the list changes during the walk */

        for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o))
            elements.push_back(static_cast<DcmElement *>(o));
        for (DcmElement *e : elements)
            if (!stays(item, *e))
                delete item.remove(e);
        remove_creators(item);
    }

    const std::string &pseudonym() const { return pseudonym_; }

private:
    /* Creators of private attributes stay until it is known whether they are needed. */
    bool stays(DcmItem &item, DcmElement &e)
    {
        if (!is_private(e))
            return treat(e);
        return is_creator(e) || treat_private(item, e);
    }

    /* Returns false if the element goes. */
    bool treat(DcmElement &e)
    {
        const DeidAction action = deid_table_action(e.getGTag(), e.getETag(), profile_);

        if (action == DeidAction::REMOVE || e.getETag() == 0 || is_overlay(e.getGTag()))
            return false;
        if (action == DeidAction::BY_VR && !is_in_dictionary(e))
            return false;
        if (e.ident() == EVR_SQ)
            return treat_sequence(static_cast<DcmSequenceOfItems &>(e), action);
        if (e.getTag().getEVR() == EVR_UN && is_in_dictionary(e))
            return false; /* it does not have the VR of the dictionary */
        if (action == DeidAction::UID && e.getTag().getVR().getValidEVR() != EVR_UI)
            return false; /* what it has in place of a UID cannot be replaced */
        if (e.getGTag() == 0x10 && (e.getETag() == 0x10 || e.getETag() == 0x20))
            deid_values_set(e, pseudonym_);
        else if (action == DeidAction::EMPTY)
            clear(e);
        else if (action == DeidAction::DUMMY && e.getTag().getVR().getValidEVR() == EVR_UI)
            deid_values_uids(e, profile_);
        else if (action == DeidAction::DUMMY)
            deid_values_dummy(e);
        else if (action == DeidAction::SHIFT)
            shift(e);
        else
            treat_value(e, action);
        return true;
    }

    bool treat_sequence(DcmSequenceOfItems &s, DeidAction action)
    {
        if (action == DeidAction::EMPTY || action == DeidAction::DUMMY)
            s.clear();
        for (DcmObject *o = s.nextInContainer(nullptr); o; o = s.nextInContainer(o))
            treat_item(*static_cast<DcmItem *>(o));
        return true;
    }

    /* A value that the table keeps, or does not have: UIDs, names and dates are treated by their VR. */
    void treat_value(DcmElement &e, DeidAction action)
    {
        switch (e.getTag().getVR().getValidEVR()) {
        case EVR_UI:
            if (action == DeidAction::UID || (action == DeidAction::BY_VR && !profile_.has(DEID_UIDS)))
                deid_values_uids(e, profile_);
            break;
        case EVR_PN:
            if (action != DeidAction::KEEP)
                clear(e);
            break;
        case EVR_DA:
        case EVR_DT:
            if (profile_.has(DEID_MODIFIED_DATES))
                deid_values_shift(e, days_);
            else if (action != DeidAction::KEEP && !profile_.has(DEID_FULL_DATES))
                deid_values_dummy(e);
            break;
        case EVR_TM:
            if (action != DeidAction::KEEP && !profile_.has(DEID_FULL_DATES) && !profile_.has(DEID_MODIFIED_DATES))
                deid_values_dummy(e);
            break;
        case EVR_DS:
        case EVR_IS: /* nobody looks for names in numbers */
            if (load_text(&e).find_first_not_of(std::string("0123456789+-.eE\\ \0", 18)) != std::string::npos)
                clear(e);
            break;
        case EVR_AS:
            deid_values_age(e);
            break;
        default:
            break;
        }
    }

    void shift(DcmElement &e)
    {
        const DcmEVR vr = e.getTag().getVR().getValidEVR();

        if (vr == EVR_DA || vr == EVR_DT || vr == EVR_TM)
            deid_values_shift(e, days_);
        else
            deid_values_dummy(e);
    }

    static void clear(DcmElement &e)
    {
        if (e.clear().bad())
            throw Refusal("a value cannot be removed");
    }

    bool treat_private(DcmItem &item, DcmElement &e)
    {
        const uint16_t block = e.getETag() >> 8;
        const std::string creator = block < creator_first ? "" : text_of(item, DcmTagKey(e.getGTag(), block));

        if (!profile_.has(DEID_SAFE_PRIVATE) || creator.empty() || !deid_table_is_safe(creator, e.getGTag(), e.getETag()))
            return false;
        if (e.ident() == EVR_SQ)
            return treat_sequence(static_cast<DcmSequenceOfItems &>(e), DeidAction::BY_VR);
        if (e.getTag().getEVR() == EVR_UN)
            return false; /* UIDs and dates in it would not be found */
        treat_value(e, DeidAction::BY_VR);
        return true;
    }

    /* Remove creators of blocks that have no attribute any more. */
    static void remove_creators(DcmItem &item)
    {
        std::vector<DcmElement *> creators;
        std::set<std::pair<uint16_t, uint16_t>> used;

        for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o)) {
            DcmElement *e = static_cast<DcmElement *>(o);

            if (is_private(*e) && is_creator(*e))
                creators.push_back(e);
            else if (is_private(*e))
                used.emplace(e->getGTag(), e->getETag() >> 8);
        }
        for (DcmElement *e : creators)
            if (used.count({e->getGTag(), e->getETag()}) == 0)
                delete item.remove(e);
    }

    const DeidProfile &profile_;
    std::string issuer_, id_, pseudonym_;
    int days_ = 0;
};

struct Method {
    uint16_t option; /* 0: the profile itself */
    const char *code, *meaning;
};

/* PS3.16 CID 7050. */
const Method methods[] = {
    {0, "113100", "Basic Application Confidentiality Profile"},
    {DEID_FULL_DATES, "113106", "Retain Longitudinal Temporal Information Full Dates Option"},
    {DEID_MODIFIED_DATES, "113107", "Retain Longitudinal Temporal Information Modified Dates Option"},
    {DEID_PATIENT, "113108", "Retain Patient Characteristics Option"},
    {DEID_DEVICE, "113109", "Retain Device Identity Option"},
    {DEID_UIDS, "113110", "Retain UIDs Option"},
    {DEID_SAFE_PRIVATE, "113111", "Retain Safe Private Option"},
    {DEID_INSTITUTION, "113112", "Retain Institution Identity Option"},
};

void put(DcmItem &item, const DcmTagKey &tag, const std::string &text)
{
    if (item.putAndInsertString(tag, text.c_str()).bad())
        throw Refusal("the de-identification cannot be recorded in the data set");
}

bool has_code(DcmDataset &d, const char *code)
{
    DcmItem *item = nullptr;

    for (signed long i = 0; d.findAndGetSequenceItem(DCM_DeidentificationMethodCodeSequence, item, i).good(); i++)
        if (text_of(*item, DCM_CodeValue) == code && text_of(*item, DCM_CodingSchemeDesignator) == "DCM")
            return true;
    return false;
}

void record_methods(DcmDataset &d, const DeidProfile &p)
{
    DcmItem *item = nullptr;

    for (const Method &m : methods) {
        if ((m.option && !(m.option & p.options())) || has_code(d, m.code))
            continue;
        if (d.findOrCreateSequenceItem(DCM_DeidentificationMethodCodeSequence, item, -2).bad())
            throw Refusal("the de-identification cannot be recorded in the data set");
        put(*item, DCM_CodeValue, m.code);
        put(*item, DCM_CodingSchemeDesignator, "DCM");
        put(*item, DCM_CodeMeaning, m.meaning);
    }
}

/* What an earlier de-identification has recorded stays (PS3.3 C.7.1.1). */
void record(DcmDataset &d, const DeidProfile &p)
{
    static const char name[] = "wadozip: PS3.15 Annex E 2026d";
    const std::string earlier = text_of(d, DCM_DeidentificationMethod);
    const bool again = earlier.find(name) != std::string::npos;

    put(d, DCM_PatientIdentityRemoved, "YES");
    if (!again)
        put(d, DCM_DeidentificationMethod, earlier.empty() ? name : earlier + "\\" + name);
    record_methods(d, p);
    put(d, DCM_LongitudinalTemporalInformationModified,
        p.has(DEID_FULL_DATES) ? "UNMODIFIED" : p.has(DEID_MODIFIED_DATES) ? "MODIFIED" : "REMOVED");
}

}

const char *deidentify_pixel_risk(DcmDataset &d)
{
    /* Secondary Capture, ultrasound, photographs and video of them. */
    static const char *const classes[] = {"7", "7.", "6.", "3.", "77.1."};
    const std::string images = "1.2.840.10008.5.1.4.1.1.", of = text_of(d, DCM_SOPClassUID);
    const std::string burned = text_of(d, DCM_BurnedInAnnotation);

    if (d.tagExists(DCM_EncapsulatedDocument))
        return "it is an encapsulated document";
    if (!d.tagExists(DCM_PixelData))
        return nullptr;
    if (burned == "YES")
        return "its Burned In Annotation (0028,0301) is YES";
    if (text_of(d, DCM_ImageType).find("SCREEN SAVE") != std::string::npos)
        return "it is a screen save";
    if (has_embedded_overlay(d))
        return "its pixel data contains an overlay";
    for (const char *c : classes) {
        const std::string prefix = images + c;

        if (burned != "NO" && (prefix.back() == '.' ? of.compare(0, prefix.size(), prefix) == 0 : of == prefix))
            return "images of its class often show names, and its Burned In Annotation (0028,0301) is not NO";
    }
    return nullptr;
}

void deidentify(DcmDataset &d, const DeidProfile &p)
{
    unknown_resolve(d);
    Deidentifier treatment(d, p);

    treatment.treat_item(d);
    put(d, DCM_PatientID, treatment.pseudonym());
    put(d, DCM_PatientName, treatment.pseudonym());
    record(d, p);
}
