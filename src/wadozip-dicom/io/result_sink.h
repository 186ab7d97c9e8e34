/* SPDX-License-Identifier: MIT */
/*
 * Where a converted instance is written: a memory file, or the spool file that the parent gave. What DCMTK writes and
 * what is written by hand go through the same buffer, deflated from a point on where the transfer syntax wants that.
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
    /* fd -1: only counts what is put. */
    explicit ResultSink(int fd) : fd_(fd) {}
    ~ResultSink() override;
    ResultSink(const ResultSink &) = delete;
    ResultSink &operator=(const ResultSink &) = delete;

    /* From here on everything is deflated (PS3.5 A.5). */
    void deflate_from_here();

    void put(const void *data, size_t n);
    void put16(uint32_t v);
    void put32(uint32_t v);

    /* Bytes of the file so far; only while nothing is deflated. */
    uint64_t position() const { return written_ + buffer_.size(); }

    /* A CRC-32 of what is put from here on; what it is so far. */
    void begin_part() { part_crc_ = 0; counting_ = true; }
    uint32_t part_crc() const { return part_crc_; }

    /* Replaces bytes that were written before; only while nothing is deflated. */
    void patch(uint64_t at, const void *data, size_t n);

    /* Throws Refusal, with the reason, when something could not be written. */
    void check() const;

    /* Everything to the file; throws Refusal as check() does. */
    void finish();

    OFBool good() const override { return !error_; }
    OFCondition status() const override;
    OFBool isFlushed() const override { return OFTrue; }
    offile_off_t avail() const override { return 1 << 30; } /* never makes DCMTK wait */
    offile_off_t write(const void *data, offile_off_t n) override;
    void flush() override {}

private:
    void drain(); /* the buffer, through the compressor or not */
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

/* The same as a stream, which is what DCMTK's write functions want. */
class ResultSinkStream : public DcmOutputStream {
public:
    explicit ResultSinkStream(ResultSink &sink) : DcmOutputStream(&sink) {}
};

#endif
