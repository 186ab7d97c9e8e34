/* SPDX-License-Identifier: MIT */
/* The frames of a data set's pixel data, one after the other, as they lie: compressed each by itself, or native. */
#ifndef WADOZIP_DICOM_PIXEL_FRAMES_H
#define WADOZIP_DICOM_PIXEL_FRAMES_H

#include "wadozip-dicom/pixel/image.h"

#include "dcmtk/dcmdata/dcdatset.h"
#include "dcmtk/dcmdata/dcfcache.h"
#include "dcmtk/dcmdata/dcpixel.h"
#include "dcmtk/dcmdata/dcpixseq.h"
#include "dcmtk/dcmdata/dcpxitem.h"

class Frames {
public:
    /*
     * `pixels` belongs to `item`, which must outlive this object. Finds the frames, also those beyond Number of Frames.
     * Throws Refusal if there are fewer, if it cannot be told which fragments make which frame, or if something that is
     * not zero follows the last one.
     */
    Frames(DcmItem &item, DcmPixelData &pixels, const Image &image);

    bool encapsulated() const { return sequence_ != nullptr; }

    /* Frames that there are: at least as many as the attributes tell of. */
    uint32_t count() const { return image_.frames; }

    /* Frame n, counted from 0; memory that DCMTK took for it is given back. */
    Bytes get(uint32_t n);

    /* Encapsulated: the number of each frame's first fragment, from 1, and one past the last. */
    const std::vector<size_t> &starts() const { return first_; }

    /* The first bytes of frame 0, at most 4096. */
    Bytes beginning() { return fragment(first_[0], 4096); }

private:
    void count_native();
    void check_rest(uint64_t from);
    void assign_fragments(DcmItem &item);
    bool assign_by_table(const std::vector<uint64_t> &offsets);
    bool assign_by_starts();
    Bytes fragment(size_t index, uint32_t most = UINT32_MAX);
    Bytes native(uint32_t n);

    DcmPixelData &pixels_;
    DcmPixelSequence *sequence_ = nullptr;
    DcmFileCache cache_;
    Image image_;
    std::vector<DcmPixelItem *> items_; /* the table of offsets, then the fragments: DCMTK looks each up from the first on */
    std::vector<size_t> first_; /* fragment of each frame, and one past the last */
};

/* Whether pixel data lies in fragments, whatever its transfer syntax claims. */
DcmPixelSequence *frames_sequence(DcmPixelData &pixels);

#endif
