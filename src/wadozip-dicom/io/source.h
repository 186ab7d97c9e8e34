/* SPDX-License-Identifier: MIT */
/*
 * A file behind a descriptor as input for DCMTK, which only opens file names;
 * this process has no file system. Streams made from it (also later, for values
 * left in the file) share one buffer and are valid as long as it is.
 */
#ifndef WADOZIP_DICOM_IO_SOURCE_H
#define WADOZIP_DICOM_IO_SOURCE_H

#include <cstdint>
#include <string>
#include <vector>

class Source {
public:
    Source() : buffer_(buffer_size) {}

    /* Switch to another file: find its size and read it once for the CRC-32,
     * or leave that 0. Returns false if it cannot be read to its end. Uses
     * only pread(2) and does not close the descriptor. */
    bool open(int fd, bool with_crc = true);

    uint64_t size() const { return size_; }

    /* Return the bytes that readers see: those of the file up to the set
     * end, and the tail after it. */
    uint64_t visible() const { return end_ + tail_.size(); }

    /* Set the bytes that readers see, until the next open(). `end`: at most
     * size(). */
    void show(uint64_t end, const std::string &tail);

    uint32_t crc() const { return crc_; }

    /* Reads a file that is not larger than the buffer into it. Returns false if
     * that fails; failed() then. */
    bool fill();

    /* Reads the bytes [from, end) of the file, at most size(), for their
     * CRC-32. Returns false as fill() does. */
    bool checksum(uint64_t from, uint64_t end, uint32_t *crc);

    /* Return whether something within that size could not be read. Then
     * DCMTK's result is invalid, even if its status is good. */
    bool failed() const { return error_ != 0; }

    /* Return the reason: one sentence. */
    std::string problem() const;

    /* Read up to n visible bytes at `at`; fewer at the end. */
    size_t read(uint64_t at, void *to, size_t n);

private:
    void fail(ssize_t n);
    bool refill(uint64_t from, uint64_t end);
    size_t read_file(uint64_t at, char *to, size_t n);

    static constexpr size_t buffer_size = 256 * 1024;
    /* headers are small: no need to read 256 KiB for one */
    static constexpr size_t refill_size = 16 * 1024;

    int fd_ = -1;
    uint64_t size_ = 0, end_ = 0;
    std::string tail_;
    uint32_t crc_ = 0;
    uint64_t start_ = 0; /* of the buffered part */
    size_t filled_ = 0;
    int error_ = 0; /* errno of the first failed read; ESTALE: the file has become shorter */
    std::vector<char> buffer_;
};

#endif
