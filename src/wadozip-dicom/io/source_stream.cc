/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/source_stream.h"

#include "dcmtk/dcmdata/dcerror.h"

#include <algorithm>

namespace {

class SourceFactory : public DcmInputStreamFactory {
public:
    SourceFactory(Source &source, uint64_t at) : source_(source), at_(at) {}
    DcmInputStream *create() const override { return new SourceStream(source_, at_); }
    DcmInputStreamFactory *clone() const override { return new SourceFactory(source_, at_); }
    /* Not that of a plain file: DCMTK would expect a file name. */
    DcmInputStreamFactoryType ident() const override { return DFT_DcmInputTempFileStreamFactory; }

private:
    Source &source_;
    uint64_t at_;
};

}

offile_off_t SourceProducer::read(void *to, offile_off_t n)
{
    if (status_.bad() || !to || n <= 0)
        return 0;
    size_t got = source_.read(at_, to, static_cast<size_t>(n));

    at_ += got;
    if (source_.failed())
        status_ = EC_InvalidStream;
    return static_cast<offile_off_t>(got);
}

offile_off_t SourceProducer::skip(offile_off_t n)
{
    uint64_t step =
        status_.bad() || n <= 0 ? 0 : std::min<uint64_t>(static_cast<uint64_t>(n), left());

    at_ += step;
    return static_cast<offile_off_t>(step);
}

void SourceProducer::putback(offile_off_t n)
{
    if (n < 0 || static_cast<uint64_t>(n) > at_)
        status_ = EC_PutbackFailed;
    else
        at_ -= static_cast<uint64_t>(n);
}

DcmInputStreamFactory *SourceStream::newFactory() const
{
    return currentProducer() == &producer_ ? new SourceFactory(source_, position()) : nullptr;
}

uint64_t SourceStream::position() const
{
    return currentProducer() == &producer_ ? start_ + static_cast<uint64_t>(tell())
                                           : source_.size();
}
