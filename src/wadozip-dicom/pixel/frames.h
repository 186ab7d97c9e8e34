/* SPDX-License-Identifier: MIT */
/*
 * The frames of a data set's pixel data, one after the other, as stored: each
 * compressed by itself, or native.
 */
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
     * Find the frames, also those beyond Number of Frames. `pixels` belongs to
     * `item`, which must outlive this object. Throws Refusal if there are
     * fewer, if fragments cannot be assigned to frames, or if bytes other than
     * zero follow the last one.
     */
    Frames(DcmItem &item, DcmPixelData &pixels, const Image &image);

    bool encapsulated() const { return sequence_ != nullptr; }

    /* Return the number of frames: at least the number in the attributes. */
    uint32_t count() const { return image_.frames; }

    /* Return frame n, counted from 0, and free DCMTK's memory for it. */
    Bytes get(uint32_t n);

    /* Encapsulated: the number of each frame's first fragment, from 1, and one
     * past the last. */
    const std::vector<size_t> &starts() const { return first_; }

    /* Return the first bytes of frame 0, at most 4096. */
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
    std::vector<DcmPixelItem *> items_; /* the offset table, then the fragments: DCMTK searches for
                                         * each from the first one */
    std::vector<size_t> first_; /* first fragment of each frame, and one past the last */
};

/* Return the fragments of pixel data, regardless of its transfer syntax; null
 * if it has none. */
DcmPixelSequence *frames_sequence(DcmPixelData &pixels);

#endif
