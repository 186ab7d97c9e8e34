/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/deidentify.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include <set>
#include <utility>
#include <vector>

#include "wadozip-dicom/dataset/unknown.h"
#include "wadozip-dicom/deid/codestream_text.h"
#include "wadozip-dicom/deid/deid_mark.h"
#include "wadozip-dicom/deid/table.h"
#include "wadozip-dicom/deid/values.h"
#include "wadozip-dicom/io/load.h"
#include "wadozip-dicom/pixel/image.h"
#include "wadozip-dicom/pixel/pixels.h"

namespace {

constexpr uint16_t creator_first = 0x10, creator_last = 0xff;

bool is_private(const DcmElement &e)
{
    return e.getGTag() % 2 != 0;
}

bool is_creator(const DcmElement &e)
{
    return e.getETag() >= creator_first && e.getETag() <= creator_last;
}

/* Return whether no attribute of the element's group is wanted: those of
 * messages, file meta information and directories (PS3.5 7.1), and overlays,
 * whose labels and descriptions the table does not have. */
bool is_of_removed_group(const DcmElement &e)
{
    return e.getGTag() < 0x0008 || (e.getGTag() & 0xff00) == 0x6000;
}

bool is_pixel_data(const DcmElement &e)
{
    return e.getGTag() == 0x7fe0;
}

DcmEVR dictionary_vr(const DcmElement &e)
{
    return DcmTag(e.getTag().getXTag()).getEVR();
}

/* Return whether the dictionary has the attribute: nobody knows what others
 * contain. */
bool is_in_dictionary(const DcmElement &e)
{
    switch (dictionary_vr(e)) {
    case EVR_UNKNOWN:
    case EVR_UNKNOWN2B:
    case EVR_UN:
        return false;
    default:
        return true;
    }
}

/* Return whether the element has another VR than one by which values are
 * treated. */
bool has_wrong_vr(DcmElement &e)
{
    const DcmEVR vr = e.getTag().getVR().getValidEVR(), right = dictionary_vr(e);

    switch (right) {
    case EVR_AS:
    case EVR_DA:
    case EVR_DT:
    case EVR_PN:
    case EVR_SQ:
    case EVR_TM:
    case EVR_UI:
    case EVR_UR: return vr != right;
    default: return e.getTag().getEVR() == EVR_UN && is_in_dictionary(e);
    }
}

class Deidentifier {
public:
    Deidentifier(DcmDataset &d, const DeidProfile &p)
        : profile_(p), issuer_(deid_values_text(d, DCM_IssuerOfPatientID)),
          id_(deid_values_text(d, DCM_PatientID))
    {
        if (id_.empty()) { /* then every study is of its own patient */
            issuer_ = std::string(1, '\0') + "study";
            id_ = deid_values_text(d, DCM_StudyInstanceUID);
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
    /* Creators of private attributes stay until it is known whether they are
     * needed. */
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

        if (action == DeidAction::REMOVE || e.getETag() == 0 || is_of_removed_group(e))
            return false;
        if (action == DeidAction::BY_VR && !is_in_dictionary(e))
            return false;
        if (depth_ > 0 && is_pixel_data(e))
            return false; /* of an icon, which nobody has looked at */
        if (has_wrong_vr(e) && !is_replaced(action))
            return false; /* what it has in place of a UID, a date or a name would not be found */
        if (e.ident() == EVR_SQ)
            return treat_sequence(static_cast<DcmSequenceOfItems &>(e), action);
        if (action == DeidAction::UID && e.getTag().getVR().getValidEVR() != EVR_UI)
            return false; /* of an attribute newer than the dictionary */
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

    /* Return whether nothing of the value stays, so that its VR does not
     * matter. */
    static bool is_replaced(DeidAction action)
    {
        return action == DeidAction::EMPTY || action == DeidAction::DUMMY;
    }

    bool treat_sequence(DcmSequenceOfItems &s, DeidAction action)
    {
        const bool dummy = action == DeidAction::DUMMY || (dummies_ && action == DeidAction::BY_VR),
                   outer = dummies_;

        if (s.getTag() == DCM_ReferencedStudySequence && action == DeidAction::EMPTY && depth_ == 0)
            return false; /* PS3.3 C.7.2.1: optional, but not empty */
        if (action == DeidAction::EMPTY || (dummy && s.getTag() == DCM_ContentSequence)) {
            empty_sequence(s, dummy);
            return true;
        }
        while (dummy && s.card() > 1)
            delete s.remove(s.card() - 1);
        dummies_ = dummy;
        depth_++;
        for (DcmObject *o = s.nextInContainer(nullptr); o; o = s.nextInContainer(o))
            treat_item(*static_cast<DcmItem *>(o));
        depth_--;
        dummies_ = outer;
        return true;
    }

    /* Remove all items. A report keeps a visible note in their place. */
    static void empty_sequence(DcmSequenceOfItems &s, bool with_note)
    {
        const bool had_items = s.card() > 0;

        s.clear();
        if (with_note && had_items)
            deid_values_note(s);
    }

    /* A value that the table keeps, or does not have: UIDs, names and dates are
     * treated by their VR. */
    void treat_value(DcmElement &e, DeidAction action)
    {
        const bool by_vr = action == DeidAction::BY_VR;

        switch (e.getTag().getVR().getValidEVR()) {
        case EVR_UI:
            if (action == DeidAction::UID || (by_vr && !profile_.has(DEID_UIDS)))
                deid_values_uids(e, profile_);
            return;
        case EVR_PN:
        case EVR_UR: /* addresses contain UIDs and host names */
            if (action != DeidAction::KEEP)
                dummies_ ? deid_values_dummy(e) : clear(e);
            return;
        case EVR_DA:
        case EVR_DT:
            if (profile_.has(DEID_MODIFIED_DATES))
                deid_values_shift(e, days_);
            else if (action != DeidAction::KEEP && !profile_.has(DEID_FULL_DATES))
                deid_values_dummy(e);
            return;
        case EVR_TM:
            if (action != DeidAction::KEEP && !profile_.has(DEID_FULL_DATES) &&
                !profile_.has(DEID_MODIFIED_DATES))
                deid_values_dummy(e);
            return;
        default:
            if (by_vr && dummies_)
                deid_values_dummy(e);
            else
                check_form(e);
        }
    }

    /* Numbers and ages stay if they have the form of such. */
    static void check_form(DcmElement &e)
    {
        switch (e.getTag().getVR().getValidEVR()) {
        case EVR_DS:
        case EVR_IS: /* nobody looks for names in numbers */
            if (load_text(&e).find_first_not_of(std::string("0123456789+-.eE\\ \0", 18)) !=
                std::string::npos)
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
        const std::string creator =
            block < creator_first ? "" : deid_values_text(item, DcmTagKey(e.getGTag(), block));

        if (!profile_.has(DEID_SAFE_PRIVATE) || creator.empty() ||
            !deid_table_is_safe(creator, e.getGTag(), e.getETag()))
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
    unsigned depth_ = 0;   /* of sequences */
    bool dummies_ = false; /* within a sequence whose values are all replaced */
};

}

void deidentify(DcmDataset &d, const DeidProfile &p)
{
    unknown_resolve(d);
    Deidentifier treatment(d, p);

    treatment.treat_item(d);
    deid_values_put(d, DCM_PatientID, treatment.pseudonym());
    deid_values_put(d, DCM_PatientName, treatment.pseudonym());
    deid_mark(d, p);
}

bool deidentify_codestreams(DcmDataset &d)
{
    DcmPixelData *pixels = pixels_find(d);

    return pixels && codestream_text_blank(*pixels);
}
