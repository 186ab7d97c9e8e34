/* SPDX-License-Identifier: MIT */
/*
 * The destination of a converted instance: a memory file, or the parent's spool
 * file. Output of DCMTK and of our own code go through the same buffer,
 * deflated from a certain point if the transfer syntax requires it.
 */
#ifndef WADOZIP_DICOM_IO_RESULT_SINK_H
#define WADOZIP_DICOM_IO_RESULT_SINK_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcostrma.h"

#include <cstdint>
#include <vector>
#include <zlib.h>

class ResultSink : public DcmConsumer {
public:
    /* fd -1: only counts bytes. */
    explicit ResultSink(int fd) : fd_(fd) {}
    ~ResultSink() override;
    ResultSink(const ResultSink &) = delete;
    ResultSink &operator=(const ResultSink &) = delete;

    /* Deflate everything from here on (PS3.5 A.5). */
    void deflate_from_here();

    void put(const void *data, size_t n);
    void put16(uint32_t v);
    void put32(uint32_t v);

    /* Return the number of bytes so far. Only before deflate_from_here(). */
    uint64_t position() const { return written_ + buffer_.size(); }

    /* Start a CRC-32 of the bytes from here on; return it so far. */
    void begin_part() { part_crc_ = 0; counting_ = true; }
    uint32_t part_crc() const { return part_crc_; }

    /* Overwrite earlier bytes. Only before deflate_from_here(). */
    void patch(uint64_t at, const void *data, size_t n);

    /* Throw Refusal, with the reason, if a write failed. */
    void check() const;

    /* Write everything to the file. Throws Refusal as check(). */
    void finish();

    OFBool good() const override { return !error_; }
    OFCondition status() const override;
    OFBool isFlushed() const override { return OFTrue; }
    offile_off_t avail() const override { return 1 << 30; } /* never makes DCMTK wait */
    offile_off_t write(const void *data, offile_off_t n) override;
    void flush() override {}

private:
    void drain(); /* write the buffer, through the compressor if active */
    void deflate_buffer(int how);
    void store(const void *data, size_t n);

    static constexpr size_t buffer_size = 256 * 1024;

    int fd_;
    std::vector<uint8_t> buffer_;
    uint64_t written_ = 0;
    int error_ = 0; /* errno of the first write that failed */
    bool deflating_ = false, counting_ = false;
    uint32_t part_crc_ = 0;
    z_stream z_ = {};
};

/* The same as a stream for DCMTK's write functions. */
class ResultSinkStream : public DcmOutputStream {
public:
    explicit ResultSinkStream(ResultSink &sink) : DcmOutputStream(&sink) {}
};

#endif
