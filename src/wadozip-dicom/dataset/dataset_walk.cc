/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/dataset/dataset_walk.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include <algorithm>
#include <vector>

#include "wadozip-dicom/dataset/charset.h"
#include "wadozip-dicom/dataset/value.h"
#include "wadozip-dicom/pixel/frames.h"

extern "C" {
#include "dicom/element_path.h"
}

namespace {

constexpr uint32_t character_set = 0x00080005;
constexpr uint32_t float_pixels = 0x7fe00008, double_pixels = 0x7fe00009, pixels = 0x7fe00010;

uint32_t tag_of(const DcmObject &o)
{
    return static_cast<uint32_t>(o.getGTag()) << 16 | o.getETag();
}

/*
 * PS3.18 F.2.2 for group lengths; remains of group 0002 after a broken header
 * are not part of the data set.
 */
bool is_left_out(const DcmObject &o)
{
    return o.getETag() == 0 || o.getGTag() <= 2;
}

bool is_pixel_data(uint32_t tag)
{
    return tag == pixels || tag == float_pixels || tag == double_pixels;
}

/*
 * Attributes that an item's elements depend on. An item inherits those that it
 * does not have itself (PS3.3 C.12.1.1.2).
 */
struct Context {
    std::string charset;
};

/*
 * The elements of an item, looked up once: DCMTK searches from the first
 * element every time, and loses its position in the list.
 */
struct ElementList {
    std::vector<DcmElement *> all;
    std::vector<DcmElement *> creators; /* of blocks of private elements (PS3.5 7.8.1), in order */

    explicit ElementList(DcmItem &item)
    {
        for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o)) {
            if (is_left_out(*o))
                continue;
            all.push_back(static_cast<DcmElement *>(o));
            if (o->getGTag() % 2 && o->getETag() >= 0x10 && o->getETag() <= 0xff)
                creators.push_back(all.back());
        }
    }

    Context context(const Context &outer) const
    {
        Context c = outer;

        for (DcmElement *e : all)
            if (tag_of(*e) == character_set)
                c.charset = load_uid(e);
        return c;
    }

    /* Return the private creator of an element's block; "" if the element is
     * not private or has none. */
    std::string creator(uint32_t tag, const Context &context) const
    {
        uint32_t block = tag >> 8 & 0xff;

        if (!(tag >> 16 & 1) || block < 0x10)
            return "";
        for (DcmElement *e : creators) {
            if (tag_of(*e) != ((tag & 0xffff0000) | block))
                continue;
            std::string s = load_uid(e);

            return charset_utf8(context.charset, s.data(), s.size(), "\\");
        }
        return "";
    }
};

class Walker {
public:
    Walker(const BulkAddress &bulk, Model &model) : bulk_(bulk), model_(model) {}

    void item(DcmItem &item, const Context &outer);

private:
    void element(DcmElement &e, const std::string &creator, const Context &context);
    void sequence(DcmSequenceOfItems &s, const Context &context);
    void value(DcmElement &e, const char *vr, const Context &context);
    std::string address() const;
    bool has_address() const;

    const BulkAddress &bulk_;
    Model &model_;
    size_t depth_ = 0;
    struct element_path_step steps_[DATASET_WALK_DEPTH_MAX + 1] = {};
};

void Walker::item(DcmItem &item, const Context &outer)
{
    ElementList elements(item);
    Context context = elements.context(outer);

    for (DcmElement *e : elements.all)
        element(*e, elements.creator(tag_of(*e), context), context);
}

void Walker::element(DcmElement &e, const std::string &creator, const Context &context)
{
    ModelAttribute a = {tag_of(e), value_vr(e), creator};

    steps_[depth_] = {a.tag, 0};
    model_.begin_attribute(a);
    if (e.ident() == EVR_SQ)
        sequence(static_cast<DcmSequenceOfItems &>(e), context);
    else
        value(e, a.vr, context);
    model_.end_attribute();
}

void Walker::sequence(DcmSequenceOfItems &s, const Context &context)
{
    if (depth_ == DATASET_WALK_DEPTH_MAX)
        throw Refusal("sequences lie too deep within each other");
    depth_++;
    for (DcmObject *o = s.nextInContainer(nullptr); o; o = s.nextInContainer(o)) {
        steps_[depth_ - 1].item++;
        model_.begin_item();
        item(*static_cast<DcmItem *>(o), context);
        model_.end_item();
    }
    depth_--;
}

void Walker::value(DcmElement &e, const char *vr, const Context &context)
{
    bool fragments = e.ident() == EVR_PixelData && frames_sequence(static_cast<DcmPixelData &>(e));
    uint32_t size = fragments ? 0 : e.getLength(), tag = steps_[depth_].tag;

    if (!fragments && size == 0)
        return;
    if (fragments || is_pixel_data(tag) ||
        (value_is_binary(vr) && size > DATASET_WALK_INLINE_MAX && has_address())) {
        if (!has_address())
            throw Refusal("pixel data lies too deep within sequences to have an address");
        model_.bulk(address());
    } else if (tag == character_set) {
        model_.text("ISO_IR 192");
    } else {
        value_print(value_bytes(e), vr, context.charset, model_);
    }
}

bool Walker::has_address() const
{
    bool short_numbers = true;

    for (size_t i = 0; i < depth_; i++)
        short_numbers = short_numbers && steps_[i].item <= ELEMENT_PATH_ITEM_MAX;
    return short_numbers && depth_ < ELEMENT_PATH_DEPTH_MAX;
}

std::string Walker::address() const
{
    struct element_path path = {depth_ + 1, {}};
    char text[ELEMENT_PATH_TEXT_MAX + 1];

    for (size_t i = 0; i <= depth_; i++)
        path.steps[i] = steps_[i];
    element_path_text(&path, text);
    return bulk_.before + text + bulk_.after;
}

}

void dataset_walk_data_set(DcmDataset &d, const BulkAddress &bulk, Model &model)
{
    model.begin();
    Walker(bulk, model).item(d, {});
    model.finish();
}

namespace {

constexpr uint64_t attribute_bytes = 256, base64_growth = 2;
constexpr uint64_t value_growth = 20; /* for values of one or two bytes in the Native DICOM Model */

uint64_t measure(DcmItem &item, size_t depth)
{
    uint64_t sum = attribute_bytes;

    for (DcmObject *o = item.nextInContainer(nullptr); o; o = item.nextInContainer(o)) {
        DcmElement &e = *static_cast<DcmElement *>(o);

        sum += attribute_bytes;
        if (e.ident() == EVR_SQ && depth < DATASET_WALK_DEPTH_MAX) {
            DcmSequenceOfItems &s = static_cast<DcmSequenceOfItems &>(e);

            for (DcmObject *i = s.nextInContainer(nullptr); i; i = s.nextInContainer(i))
                sum += measure(*static_cast<DcmItem *>(i), depth + 1);
        } else if (e.isLeaf() && !is_pixel_data(tag_of(e))) {
            sum += value_is_binary(value_vr(e))
                       ? std::min(e.getLength(), DATASET_WALK_INLINE_MAX) * base64_growth
                       : e.getLength() * value_growth;
        }
    }
    return sum;
}

}

uint64_t dataset_walk_measure(DcmDataset &d)
{
    return measure(d, 0);
}
