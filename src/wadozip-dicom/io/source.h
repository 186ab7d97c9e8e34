/* SPDX-License-Identifier: MIT */
/*
 * A file behind a descriptor, for DCMTK to read from: DCMTK itself only opens names, and this process has no file
 * system. Streams made from it (also later ones, for values that were left in the file) share one buffer and live as
 * long as it.
 */
#ifndef WADOZIP_DICOM_IO_SOURCE_H
#define WADOZIP_DICOM_IO_SOURCE_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcistrma.h"

#include <cstdint>
#include <string>
#include <vector>

class Source {
public:
    Source() : buffer_(buffer_size) {}

    /*
     * Turns to another file: finds its size, reads it once and makes the CRC-32, or leaves that 0. False when it cannot be
     * read to its end. The descriptor is read with pread only and not closed.
     */
    bool open(int fd, bool with_crc = true);

    uint64_t size() const { return size_; }

    /* Bytes that readers see: those of the file up to the end that was set, and the tail after it. */
    uint64_t visible() const { return end_ + tail_.size(); }

    /* Sets what readers see, until the next open(). `end`: at most size(). */
    void show(uint64_t end, const std::string &tail);

    uint32_t crc() const { return crc_; }

    /* Reads a file that is not larger than the buffer into it. Returns false if that fails; failed() then. */
    bool fill();

    /* Reads the bytes [from, end) of the file, at most size(), for their CRC-32. Returns false as fill() does. */
    bool checksum(uint64_t from, uint64_t end, uint32_t *crc);

    /* Whether something within that size could not be read: what DCMTK made of it is void, whatever it says of it. */
    bool failed() const { return error_ != 0; }

    /* Why: one sentence. */
    std::string problem() const;

    /* Up to n visible bytes at `at`; fewer at their end. */
    size_t read(uint64_t at, void *to, size_t n);

private:
    void fail(ssize_t n);
    bool refill(uint64_t from, uint64_t end);
    size_t read_file(uint64_t at, char *to, size_t n);

    static constexpr size_t buffer_size = 256 * 1024;
    static constexpr size_t refill_size = 16 * 1024; /* headers are small: no need to read 256 KiB for one */

    int fd_ = -1;
    uint64_t size_ = 0, end_ = 0;
    std::string tail_;
    uint32_t crc_ = 0;
    uint64_t start_ = 0; /* of the buffered part */
    size_t filled_ = 0;
    int error_ = 0; /* of the first read that failed; ESTALE: there was less than there had been */
    std::vector<char> buffer_;
};

#endif
