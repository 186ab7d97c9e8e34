/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/vr_form.h"

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcvr.h"

#include <cstddef>

VrForm vr_form(const char *two)
{
    static struct {
        bool known;
        VrForm form;
    } cells[1 << 16]; /* those that files use are filled when they first occur */
    const char name[] = {two[0], two[1], '\0'};
    auto &cell = cells[static_cast<size_t>(static_cast<unsigned char>(two[0])) << 8 |
                       static_cast<unsigned char>(two[1])];

    if (!cell.known) {
        const DcmVR vr(name);

        cell = {true, {vr.isStandard() == OFTrue, vr.usesExtendedLengthEncoding() == OFTrue}};
    }
    return cell.form;
}
