/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/reading.h"

#include "dcmtk/dcmdata/dcdeftag.h"
#include "dcmtk/dcmdata/dcmetinf.h"

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "wadozip-dicom/dataset/unknown.h"
#include "wadozip-dicom/io/meta_group.h"
#include "wadozip-dicom/io/source_stream.h"
#include "wadozip-dicom/pixel/frames.h"

extern "C" {
#include "base/le.h"
}

namespace {

constexpr Uint32 read_at_once = 4096; /* longer values stay in the file until they are needed */
constexpr size_t stray_max = 11;         /* one byte less than the longest header of an element */
constexpr uint64_t header_min = 8;       /* bytes read of an element with an unknown VR */
constexpr size_t delimiters = 130;       /* more than the nesting that is accepted anywhere */
constexpr int attempts_max = 5;
constexpr Uint16 pixel_data_group = 0x7fe0;

/* Differences of an attempt from the first one. */
struct How {
    bool ignore_meta_length = false, keep_unknown = false, add_delimiters = false;
    uint64_t end; /* end of the visible bytes */

    bool mends(const Source &source) const
    {
        return ignore_meta_length || add_delimiters || end != source.size();
    }
};

struct Attempt {
    std::unique_ptr<DcmFileFormat> file;
    OFCondition status;
    uint64_t stopped_at;
};

/*
 * With dcmReplaceWrongDelimitationItem, sequence delimiters end items, too; the
 * first superfluous one ends the data set.
 */
std::string delimiters_of(E_TransferSyntax syntax)
{
    /* with the last zero */
    static const char little[] = "\xfe\xff\xdd\xe0\0\0\0", big[] = "\xff\xfe\xe0\xdd\0\0\0";
    std::string all;

    for (size_t i = 0; i < delimiters; i++)
        all.append(DcmXfer(syntax).getByteOrder() == EBO_BigEndian ? big : little, sizeof little);
    return all;
}

/*
 * Return whether whole frames are missing at the end: a file that was truncated
 * between two frames looks like one without a delimiter.
 */
bool lacks_frames(DcmDataset &d)
{
    DcmElement *e = nullptr;
    Sint32 frames = 1;

    if (d.findAndGetElement(DCM_PixelData, e).bad() || e->ident() != EVR_PixelData)
        return false;
    DcmPixelSequence *fragments = frames_sequence(*static_cast<DcmPixelData *>(e));

    d.findAndGetSint32(DCM_NumberOfFrames, frames);
    return fragments && (fragments->card() < 2 ||
                         (frames > 0 && fragments->card() - 1 < static_cast<Uint32>(frames)));
}

Attempt attempt(Source &source, const How &how, const std::string &tail)
{
    Attempt a = {std::make_unique<DcmFileFormat>(), EC_Normal, 0};

    source.show(how.end, tail);
    SourceStream stream(source);

    dcmIgnoreFileMetaInformationGroupLength.set(how.ignore_meta_length);
    dcmEnableUnknownVRConversion.set(!how.keep_unknown);
    dcmReplaceWrongDelimitationItem.set(how.add_delimiters);
    a.file->transferInit();
    try {
        a.status = a.file->read(stream, EXS_Unknown, EGL_noChange, read_at_once);
    } catch (const std::logic_error &) {
        a.status = EC_CorruptedData; /* thrown by DCMTK's strings for a Directory Record Type of
                                      * more than 16 characters */
    }
    a.file->transferEnd();
    a.stopped_at = stream.position();
    dcmEnableUnknownVRConversion.set(OFTrue);
    dcmReplaceWrongDelimitationItem.set(OFFalse);
    bool at_end = a.stopped_at >= how.end; /* else a delimiter inside the file is wrong */

    if (a.status.good() && how.add_delimiters && (!at_end || lacks_frames(*a.file->getDataset())))
        a.status = EC_SequDelimitationItemMissing;
    return a;
}

/* Return whether (0002,0000) exists and does not point to the end of group
 * 0002. DCMTK has its own rules for bytes that are not an explicit VR. */
bool meta_length_is_wrong(Source &source)
{
    static const unsigned char length_head[] = {2, 0, 0, 0, 'U', 'L', 4, 0};
    unsigned char head[12];

    if (source.read(meta_group_at, head, sizeof head) != sizeof head ||
        memcmp(head, length_head, sizeof length_head) != 0)
        return false;
    const uint64_t recorded_end = meta_group_at + sizeof head + le32_get(head + sizeof length_head);
    const MetaGroup group = meta_group_of(source, meta_group_at);

    return group.standard && group.end < source.size() && group.end != recorded_end;
}

/* Return the last element of the data set in tag order; null if it is empty. */
DcmElement *last_element(DcmDataset &d)
{
    return d.card() ? d.getElement(d.card() - 1) : nullptr;
}

/*
 * Return whether the bytes after the last element can be dropped without losing
 * a truncated element.
 */
bool is_stray(Source &source, DcmDataset &d, uint64_t from)
{
    static const unsigned char delimiter[] = {0xfe, 0xff, 0x0d, 0xdd};
    unsigned char rest[stray_max] = {};
    size_t n = source.read(from, rest, sizeof rest);
    DcmElement *last = last_element(d);
    bool image = d.tagExists(DCM_Rows),
         zeros = std::all_of(rest, rest + n, [](unsigned char c) { return c == 0; });

    if (n > 2 && memcmp(rest, delimiter, 2) == 0)
        return rest[2] == delimiter[2] || rest[2] == delimiter[3];
    return last && (last->getGTag() >= pixel_data_group || (zeros && !image));
}

/*
 * Return the offset at which zeros begin that follow the last element up to the
 * end; the end if other bytes follow.
 */
uint64_t zeros_from(Source &source, const Attempt &a, uint64_t end)
{
    unsigned char block[4096];
    uint64_t from = a.stopped_at - std::min<uint64_t>(a.stopped_at, header_min), at = from;

    for (size_t n; at < end; at += n) {
        n = source.read(at, block, static_cast<size_t>(std::min<uint64_t>(sizeof block, end - at)));
        if (n == 0 || std::any_of(block, block + n, [](unsigned char c) { return c != 0; }))
            return end;
    }
    return is_stray(source, *a.file->getDataset(), from) ? from : end;
}

/* Choose how to retry after a failure. Returns false if nothing is left to try.
 */
bool change(Source &source, const Attempt &a, How *how)
{
    uint64_t left = how->end - std::min(how->end, a.stopped_at);

    if (a.status == EC_StreamNotifyClient && left > 0 && left <= stray_max &&
        how->end == source.size() && is_stray(source, *a.file->getDataset(), a.stopped_at)) {
        how->end = a.stopped_at;
        return true;
    }
    /* Padding. DCMTK up to 3.6.8 reads it as elements; since 3.6.9 it fails at
     * the first one. */
    if (a.status == EC_ItemDelimitationItemMissing && how->end == source.size() &&
        zeros_from(source, a, how->end) < how->end) {
        how->end = zeros_from(source, a, how->end);
        return true;
    }
    if (a.status == EC_SequDelimitationItemMissing && left == 0 && !how->add_delimiters) {
        how->add_delimiters = true;
        return true;
    }
    if (how->keep_unknown)
        return false;
    how->keep_unknown = true;
    how->add_delimiters = false;
    how->end = source.size();
    return true;
}

}

Reading reading_of(Source &source)
{
    How how;

    how.end = source.size();
    how.ignore_meta_length = meta_length_is_wrong(source);
    Attempt a = attempt(source, how, "");
    OFCondition first = a.status;

    for (int i = 1; i < attempts_max && a.status.bad() && change(source, a, &how); i++)
        a = attempt(source, how,
                    how.add_delimiters ? delimiters_of(a.file->getDataset()->getOriginalXfer())
                                       : "");
    if (a.status.good() && how.keep_unknown)
        unknown_resolve(*a.file->getDataset());
    return {std::move(a.file), a.status.good() ? a.status : first, how.mends(source)};
}
