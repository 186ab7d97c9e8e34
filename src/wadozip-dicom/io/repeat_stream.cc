/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/repeat_stream.h"

#include <algorithm>

namespace {

class RepeatFactory : public DcmInputStreamFactory {
public:
    RepeatFactory(RepeatProducer::Part part, uint64_t used, uint64_t size)
        : part_(std::move(part)), used_(used), size_(size)
    {
    }

    DcmInputStream *create() const override { return new RepeatStream(part_, used_, size_); }
    DcmInputStreamFactory *clone() const override { return new RepeatFactory(part_, used_, size_); }
    /* Not that of a plain file: DCMTK would expect a file name. */
    DcmInputStreamFactoryType ident() const override { return DFT_DcmInputTempFileStreamFactory; }

private:
    RepeatProducer::Part part_;
    uint64_t used_, size_;
};

}

offile_off_t RepeatProducer::read(void *to, offile_off_t n)
{
    const uint64_t wanted = std::min(n > 0 ? static_cast<uint64_t>(n) : 0, size_ - at_);
    uint8_t *out = static_cast<uint8_t *>(to);

    for (uint64_t i = 0; i < wanted; i++, at_++)
        out[i] = at_ < used_ ? (*part_)[at_ % part_->size()] : 0;
    return static_cast<offile_off_t>(wanted);
}

offile_off_t RepeatProducer::skip(offile_off_t n)
{
    const uint64_t step = std::min(n > 0 ? static_cast<uint64_t>(n) : 0, size_ - at_);

    at_ += step;
    return static_cast<offile_off_t>(step);
}

void RepeatProducer::putback(offile_off_t n)
{
    at_ -= std::min(n > 0 ? static_cast<uint64_t>(n) : 0, at_);
}

/* A value is skipped when it is first read, so every stream starts at its beginning. */
DcmInputStreamFactory *RepeatStream::newFactory() const
{
    return new RepeatFactory(part_, used_, size_);
}
