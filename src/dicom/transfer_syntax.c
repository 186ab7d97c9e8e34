#include "dicom/transfer_syntax.h"

#include <string.h>

#define JPEG "1.2.840.10008.1.2.4."
#define NATIVE(uid, name) {uid, name, false, false, false, false, false}
#define FORBIDDEN(uid, name) {uid, name, false, false, true, false, false}
#define LOSSLESS(uid, name) {uid, name, true, false, false, false, false}
#define LOSSY(uid, name) {uid, name, true, true, false, false, false}

/* PS3.6 Table A-1. Where a syntax may hold either (JPEG 2000, near-lossless) it counts as lossy. */
static const struct transfer_syntax table[] = {
    FORBIDDEN(TRANSFER_SYNTAX_IMPLICIT_LE, "Implicit VR Little Endian"),
    NATIVE(TRANSFER_SYNTAX_EXPLICIT_LE, "Explicit VR Little Endian"),
    LOSSLESS("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian"),
    NATIVE(TRANSFER_SYNTAX_DEFLATED_LE, "Deflated Explicit VR Little Endian"),
    FORBIDDEN(TRANSFER_SYNTAX_EXPLICIT_BE, "Explicit VR Big Endian"),
    LOSSY(JPEG "50", "JPEG Baseline (Process 1)"),
    LOSSY(JPEG "51", "JPEG Extended (Process 2 and 4)"),
    LOSSY(JPEG "52", "JPEG Extended (Process 3 and 5)"),
    LOSSY(JPEG "53", "JPEG Spectral Selection, Non-Hierarchical (Process 6 and 8)"),
    LOSSY(JPEG "54", "JPEG Spectral Selection, Non-Hierarchical (Process 7 and 9)"),
    LOSSY(JPEG "55", "JPEG Full Progression, Non-Hierarchical (Process 10 and 12)"),
    LOSSY(JPEG "56", "JPEG Full Progression, Non-Hierarchical (Process 11 and 13)"),
    LOSSLESS(JPEG "57", "JPEG Lossless, Non-Hierarchical (Process 14)"),
    LOSSLESS(JPEG "58", "JPEG Lossless, Non-Hierarchical (Process 15)"),
    LOSSY(JPEG "59", "JPEG Extended, Hierarchical (Process 16 and 18)"),
    LOSSY(JPEG "60", "JPEG Extended, Hierarchical (Process 17 and 19)"),
    LOSSY(JPEG "61", "JPEG Spectral Selection, Hierarchical (Process 20 and 22)"),
    LOSSY(JPEG "62", "JPEG Spectral Selection, Hierarchical (Process 21 and 23)"),
    LOSSY(JPEG "63", "JPEG Full Progression, Hierarchical (Process 24 and 26)"),
    LOSSY(JPEG "64", "JPEG Full Progression, Hierarchical (Process 25 and 27)"),
    LOSSLESS(JPEG "65", "JPEG Lossless, Hierarchical (Process 28)"),
    LOSSLESS(JPEG "66", "JPEG Lossless, Hierarchical (Process 29)"),
    LOSSLESS(JPEG "70", "JPEG Lossless, Non-Hierarchical, First-Order Prediction (Process 14, Selection Value 1)"),
    LOSSLESS(JPEG "80", "JPEG-LS Lossless"),
    LOSSY(JPEG "81", "JPEG-LS Near-Lossless"),
    LOSSLESS(JPEG "90", "JPEG 2000 Lossless"),
    LOSSY(JPEG "91", "JPEG 2000"),
    LOSSLESS(JPEG "92", "JPEG 2000 Part 2 Multi-component, Lossless"),
    LOSSY(JPEG "93", "JPEG 2000 Part 2 Multi-component"),
    LOSSY(JPEG "100", "MPEG2 Main Profile / Main Level"),
    LOSSY(JPEG "100.1", "Fragmentable MPEG2 Main Profile / Main Level"),
    LOSSY(JPEG "101", "MPEG2 Main Profile / High Level"),
    LOSSY(JPEG "101.1", "Fragmentable MPEG2 Main Profile / High Level"),
    LOSSY(JPEG "102", "MPEG-4 AVC/H.264 High Profile / Level 4.1"),
    LOSSY(JPEG "102.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.1"),
    LOSSY(JPEG "103", "MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
    LOSSY(JPEG "103.1", "Fragmentable MPEG-4 AVC/H.264 BD-compatible High Profile / Level 4.1"),
    LOSSY(JPEG "104", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video"),
    LOSSY(JPEG "104.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 2D Video"),
    LOSSY(JPEG "105", "MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video"),
    LOSSY(JPEG "105.1", "Fragmentable MPEG-4 AVC/H.264 High Profile / Level 4.2 for 3D Video"),
    LOSSY(JPEG "106", "MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
    LOSSY(JPEG "106.1", "Fragmentable MPEG-4 AVC/H.264 Stereo High Profile / Level 4.2"),
    LOSSY(JPEG "107", "HEVC/H.265 Main Profile / Level 5.1"),
    LOSSY(JPEG "108", "HEVC/H.265 Main 10 Profile / Level 5.1"),
    LOSSLESS(JPEG "110", "JPEG XL Lossless"),
    LOSSY(JPEG "111", "JPEG XL JPEG Recompression"),
    LOSSY(JPEG "112", "JPEG XL"),
    LOSSLESS(JPEG "201", "High-Throughput JPEG 2000 Lossless"),
    LOSSLESS(JPEG "202", "High-Throughput JPEG 2000 with RPCL Options Lossless"),
    LOSSY(JPEG "203", "High-Throughput JPEG 2000"),
    LOSSLESS("1.2.840.10008.1.2.5", "RLE Lossless"),
    LOSSLESS("1.2.840.10008.1.2.8.1", "Deflated Image Frame Compression"),
};

const struct transfer_syntax *transfer_syntax_find(const char *uid)
{
    for (size_t i = 0; i < sizeof table / sizeof *table; i++)
        if (strcmp(table[i].uid, uid) == 0)
            return &table[i];
    return NULL;
}

const struct transfer_syntax *transfer_syntax_all(size_t *count)
{
    *count = sizeof table / sizeof *table;
    return table;
}
