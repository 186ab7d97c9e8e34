/* SPDX-License-Identifier: MIT */
/* A Source as a stream that DCMTK reads. */
#ifndef WADOZIP_DICOM_IO_SOURCE_STREAM_H
#define WADOZIP_DICOM_IO_SOURCE_STREAM_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcistrma.h"

#include "wadozip-dicom/io/source.h"

/* The last link of DCMTK's reading chain. */
class SourceProducer : public DcmProducer {
public:
    SourceProducer(Source &source, uint64_t at) : source_(source), at_(at) {}

    OFBool good() const override { return status_.good(); }
    OFCondition status() const override { return status_; }
    OFBool eos() override { return left() == 0; }
    offile_off_t avail() override { return static_cast<offile_off_t>(left()); }
    offile_off_t read(void *to, offile_off_t n) override;
    offile_off_t skip(offile_off_t n) override;
    void putback(offile_off_t n) override;

private:
    uint64_t left() const { return at_ < source_.visible() ? source_.visible() - at_ : 0; }

    Source &source_;
    uint64_t at_;
    OFCondition status_ = EC_Normal;
};

class SourceStream : public DcmInputStream {
public:
    explicit SourceStream(Source &source, uint64_t at = 0)
        : DcmInputStream(&producer_), source_(source), start_(at), producer_(source, at) {}

    /* Returns null after a decompression filter was installed: values are then
     * read at once. */
    DcmInputStreamFactory *newFactory() const override;

    /* Return the position in the file, or the end of the file if a
     * decompression filter hides the position. */
    uint64_t position() const;

private:
    Source &source_;
    uint64_t start_;
    SourceProducer producer_;
};

#endif
