/* SPDX-License-Identifier: MIT */
#include "dicom/transfer_syntax.h"

#include <stdlib.h>
#include <string.h>

#define JPEG "1.2.840.10008.1.2.4."
/* encapsulated, lossy, forbidden, decodable, target */
#define NATIVE(uid, name) {uid, name, false, false, false, true, true}
#define FORBIDDEN(uid, name) {uid, name, false, false, true, true, false}
#define LOSSLESS(uid, name, decodable, target) {uid, name, true, false, false, decodable, target}
#define LOSSY(uid, name, decodable, target) {uid, name, true, true, false, decodable, target}

/*
 * PS3.6 Table A-1. A syntax that allows both (JPEG 2000, near-lossless) counts
 * as lossy. The last two columns say what wadozip-dicom supports;
 * wadozip-dicom/pixel/codec.h has the codecs.
 */
static const struct transfer_syntax table[] = {
    FORBIDDEN(TRANSFER_SYNTAX_IMPLICIT_LE, "Implicit VR Little Endian"),
    NATIVE(TRANSFER_SYNTAX_EXPLICIT_LE, "Explicit VR Little Endian"),
    LOSSLESS(TRANSFER_SYNTAX_ENCAPSULATED_LE, "Encapsulated Uncompressed Explicit VR Little Endian",
             true, false),
    NATIVE(TRANSFER_SYNTAX_DEFLATED_LE, "Deflated Explicit VR Little Endian"),
    FORBIDDEN(TRANSFER_SYNTAX_EXPLICIT_BE, "Explicit VR Big Endian"),
    LOSSY(JPEG "50", "JPEG Baseline (Process 1)", true, true),
    LOSSY(JPEG "51", "JPEG Extended (Process 2 and 4)", true, false),
    LOSSY(JPEG "52", "JPEG Extended (Process 3 and 5)", false, false),
    LOSSY(JPEG "53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)", false, false),
    LOSSY(JPEG "54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)", false, false),
    LOSSY(JPEG "55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)", false, false),
    LOSSY(JPEG "56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)", false, false),
    LOSSLESS(JPEG "57", "JPEG Lossless, Non-Hierarchical (Process 14)", true, false),
    LOSSLESS(JPEG "58", "JPEG Lossless, Non-Hierarchical (Process 15)", false, false),
    LOSSY(JPEG "59", "JPEG Extended, Hierarchical (Process 16 and 18)", false, false),
    LOSSY(JPEG "60", "JPEG Extended, Hierarchical (Process 17 and 19)", false, false),
    LOSSY(JPEG "61", "JPEG Spectral Selection, Hierarchical (Process 20 and 22)", false, false),
    LOSSY(JPEG "62", "JPEG Spectral Selection, Hierarchical (Process 21 and 23)", false, false),
    LOSSY(JPEG "63", "JPEG Full Progression, Hierarchical (Process 24 and 26)", false, false),
    LOSSY(JPEG "64", "JPEG Full Progression, Hierarchical (Process 25 and 27)", false, false),
    LOSSLESS(JPEG "65", "JPEG Lossless, Hierarchical (Process 28)", false, false),
    LOSSLESS(JPEG "66", "JPEG Lossless, Hierarchical (Process 29)", false, false),
    LOSSLESS(
        JPEG "70",
        "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14, Selection Value 1)",
        true, true),
    LOSSLESS(JPEG "80", "JPEG-LS Lossless", true, true),
    LOSSY(JPEG "81", "JPEG-LS Near-Lossless", true, true),
    LOSSLESS(JPEG "90", "JPEG 2000 Lossless", true, true),
    LOSSY(JPEG "91", "JPEG 2000", true, true),
    LOSSLESS(JPEG "92", "JPEG 2000 Part 2 Multi-component, Lossless", false, false),
    LOSSY(JPEG "93", "JPEG 2000 Part 2 Multi-component", false, false),
    LOSSY(JPEG "100", "MPEG2 Main Profile / Main Level", false, false),
    LOSSY(JPEG "100.1", "Fragmentable MPEG2 Main Profile / Main Level", false, false),
    LOSSY(JPEG "101", "MPEG2 Main Profile / High Level", false, false),
    LOSSY(JPEG "101.1", "Fragmentable MPEG2 Main Profile / High Level", false, false),
    LOSSY(JPEG "102", "MPEG-4 AVC/H.264 High Profile / Level 4.1", false, false),
    LOSSY(JPEG "102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1", false, false),
    LOSSY(JPEG "103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1", false, false),
    LOSSY(JPEG "103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1",
          false, false),
    LOSSY(JPEG "104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video", false, false),
    LOSSY(JPEG "104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video",
          false, false),
    LOSSY(JPEG "105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video", false, false),
    LOSSY(JPEG "105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video",
          false, false),
    LOSSY(JPEG "106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", false, false),
    LOSSY(JPEG "106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2", false,
          false),
    LOSSY(JPEG "107", "HEVC/H.265 Main Profile / Level 5.1", false, false),
    LOSSY(JPEG "108", "HEVC/H.265 Main 10 Profile / Level 5.1", false, false),
    LOSSLESS(JPEG "110", "JPEG XL Lossless", false, false),
    LOSSY(JPEG "111", "JPEG XL JPEG Recompression", false, false),
    LOSSY(JPEG "112", "JPEG XL", false, false),
    LOSSLESS(JPEG "201", "High-Throughput JPEG 2000 Lossless", true, false),
    LOSSLESS(JPEG "202", "High-Throughput JPEG 2000 with RPCL Options Lossless", true, false),
    LOSSY(JPEG "203", "High-Throughput JPEG 2000", true, false),
    LOSSLESS(TRANSFER_SYNTAX_RLE, "RLE Lossless", true, true),
    LOSSLESS(TRANSFER_SYNTAX_DEFLATED_FRAMES, "Deflated Image Frame Compression", true, false),
};

const struct transfer_syntax *transfer_syntax_find(const char *uid)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].uid, uid) == 0)
            return &table[i];
    return NULL;
}

bool transfer_syntax_is_native(const char *uid)
{
    const struct transfer_syntax *t = transfer_syntax_find(uid);

    return t && !t->encapsulated && strcmp(t->uid, TRANSFER_SYNTAX_DEFLATED_LE) != 0;
}

const char *transfer_syntax_media_type(const char *uid)
{
    /* By what follows JPEG in the UID, from the first to the last. */
    static const struct {
        int first, last;
        const char *type;
    } types[] = {{50, 70, "image/jpeg"},  {80, 81, "image/jls"},    {90, 91, "image/jp2"},
                 {92, 93, "image/jpx"},   {100, 101, "video/mpeg"}, {102, 108, "video/mp4"},
                 {110, 112, "image/jxl"}, {201, 203, "image/jphc"}};
    int kind = strncmp(uid, JPEG, strlen(JPEG)) == 0 ? atoi(uid + strlen(JPEG)) : 0;

    if (strcmp(uid, TRANSFER_SYNTAX_RLE) == 0)
        return "image/dicom-rle";
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (kind >= types[i].first && kind <= types[i].last)
            return types[i].type;
    return "application/octet-stream";
}

bool transfer_syntax_is_video(const char *uid)
{
    return strncmp(transfer_syntax_media_type(uid), "video/", 6) == 0;
}

const struct transfer_syntax *transfer_syntax_all(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}
