/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/table.h"

#include <algorithm>
#include <iterator>

namespace {

constexpr DeidAction KEEP = DeidAction::KEEP, REMOVE = DeidAction::REMOVE,
                     EMPTY = DeidAction::EMPTY, DUMMY = DeidAction::DUMMY, UID = DeidAction::UID;
constexpr uint16_t UIDS = DEID_UIDS, DEVICE = DEID_DEVICE, INSTITUTION = DEID_INSTITUTION,
                   PATIENT = DEID_PATIENT, FULL_DATES = DEID_FULL_DATES,
                   MODIFIED_DATES = DEID_MODIFIED_DATES,
                   OURS = 0x8000; /* the action is of ours.tsv, not of the standard's table */

struct DeidRow {
    uint32_t tag;
    DeidAction basic;
    uint16_t options; /* that keep the value; DEID_MODIFIED_DATES: that moves it */
};

struct DeidMaskedRow {
    uint32_t tag, mask;
    DeidAction basic;
};

struct DeidPrivateRow {
    uint8_t creator;
    uint32_t tag; /* without the block */
};

#include "wadozip-dicom/deid/tables.inc"

constexpr uint32_t tag_of(uint16_t group, uint16_t element)
{
    return static_cast<uint32_t>(group) << 16 | element;
}

}

DeidAction deid_table_action(uint16_t group, uint16_t element, const DeidProfile &p)
{
    const uint32_t tag = tag_of(group, element);
    const DeidRow *row = std::lower_bound(std::begin(rows), std::end(rows), tag,
                                          [](const DeidRow &r, uint32_t t) { return r.tag < t; });

    for (const DeidMaskedRow &m : masked_rows)
        if ((tag & m.mask) == m.tag)
            return m.basic;
    if (row == std::end(rows) || row->tag != tag)
        return DeidAction::BY_VR;
    /* A device's dates move with the others: the stricter of two options wins.
     */
    if ((row->options & DEID_MODIFIED_DATES) && p.has(DEID_MODIFIED_DATES))
        return DeidAction::SHIFT;
    return row->options & p.options() ? DeidAction::KEEP : row->basic;
}

bool deid_table_is_safe(const std::string &creator, uint16_t group, uint16_t element)
{
    const uint32_t tag = tag_of(group, element & 0xff);

    return std::any_of(
        std::begin(private_rows), std::end(private_rows),
        [&](const DeidPrivateRow &r) { return r.tag == tag && creator == creators[r.creator]; });
}
