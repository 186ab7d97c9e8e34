/* SPDX-License-Identifier: MIT */
/*
 * The same bytes again and again as a stream that DCMTK reads, so that many
 * frames need the memory of one.
 */
#ifndef WADOZIP_DICOM_IO_REPEAT_STREAM_H
#define WADOZIP_DICOM_IO_REPEAT_STREAM_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcistrma.h"

#include <cstdint>
#include <memory>
#include <vector>

class RepeatProducer : public DcmProducer {
public:
    using Part = std::shared_ptr<const std::vector<uint8_t>>;

    /* `used` bytes of the repeated part, then zeros up to `size`. The part is
     * not empty. */
    RepeatProducer(Part part, uint64_t used, uint64_t size)
        : part_(std::move(part)), used_(used), size_(size)
    {
    }

    OFBool good() const override { return OFTrue; }
    OFCondition status() const override { return EC_Normal; }
    OFBool eos() override { return at_ == size_; }
    offile_off_t avail() override { return static_cast<offile_off_t>(size_ - at_); }
    offile_off_t read(void *to, offile_off_t n) override;
    offile_off_t skip(offile_off_t n) override;
    void putback(offile_off_t n) override;

private:
    Part part_;
    uint64_t used_, size_, at_ = 0;
};

class RepeatStream : public DcmInputStream {
public:
    RepeatStream(const RepeatProducer::Part &part, uint64_t used, uint64_t size)
        : DcmInputStream(&producer_), part_(part), used_(used), size_(size),
          producer_(part, used, size)
    {
    }

    DcmInputStreamFactory *newFactory() const override;

private:
    RepeatProducer::Part part_;
    uint64_t used_, size_;
    RepeatProducer producer_;
};

#endif
