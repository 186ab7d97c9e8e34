/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/deid/pixel_risk.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include "wadozip-dicom/deid/values.h"

#include <algorithm>

namespace {

/* Text of a code string, also of one that is not in capitals as it should be.
 */
std::string code_string(DcmDataset &d, const DcmTagKey &tag)
{
    std::string s = deid_values_text(d, tag);

    std::transform(s.begin(), s.end(), s.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    return s;
}

/* Return whether a workstation, a scanner of paper or a video camera made the
 * image (PS3.3 C.8.6.1). */
bool is_captured(DcmDataset &d)
{
    const std::string from = code_string(d, DCM_ConversionType);

    return from == "WSD" || from == "DV" || from == "DF" || from == "SD" || from == "SI" ||
           from == "DRW";
}

/* Return whether an overlay is in unused bits of the pixel data (PS3.5 8.1.2,
 * retired). */
bool has_embedded_overlay(DcmDataset &d)
{
    Uint16 bits = 0;

    for (uint16_t group = 0x6000; group < 0x6100; group = static_cast<uint16_t>(group + 2))
        if (d.findAndGetUint16(DcmTagKey(group, 0x0100), bits).good() && bits > 1)
            return true;
    return false;
}

}

const char *pixel_risk(DcmDataset &d)
{
    /* Secondary Capture, ultrasound, photographs and video of them. */
    static const char *const classes[] = {"7", "7.", "6.", "3.", "77.1."};
    const std::string images = "1.2.840.10008.5.1.4.1.1.",
                      of = deid_values_text(d, DCM_SOPClassUID);
    const std::string burned = code_string(d, DCM_BurnedInAnnotation);

    if (d.tagExists(DCM_EncapsulatedDocument))
        return "it is an encapsulated document";
    if (!d.tagExists(DCM_PixelData))
        return nullptr;
    if (!burned.empty() && burned != "NO")
        return "its Burned In Annotation (0028,0301) is not NO";
    if (code_string(d, DCM_ImageType).find("SCREEN") != std::string::npos)
        return "it is a screen save";
    if (has_embedded_overlay(d))
        return "its pixel data contains an overlay";
    if (burned == "NO")
        return nullptr;
    if (is_captured(d))
        return "its Conversion Type (0008,0064) is that of a captured image, and it has no Burned In Annotation (0028,0301)";
    for (const char *c : classes) {
        const std::string prefix = images + c;

        if (prefix.back() == '.' ? of.compare(0, prefix.size(), prefix) == 0 : of == prefix)
            return "images of its class often show names, and it has no Burned In Annotation (0028,0301)";
    }
    return nullptr;
}
