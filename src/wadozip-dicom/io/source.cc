/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/io/source.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <unistd.h>

extern "C" {
#include "base/crc.h"
#include "base/io.h"
}

bool Source::open(int fd, bool with_crc)
{
    off_t end = lseek(fd, 0, SEEK_END);
    fd_ = fd;
    filled_ = 0;
    error_ = end < 0 ? errno : 0;
    if (end < 0)
        return false;
    size_ = static_cast<uint64_t>(end);
    show(size_, "");
    crc_ = 0;
    return !with_crc || checksum(0, size_, &crc_);
}

bool Source::refill(uint64_t from, uint64_t end)
{
    ssize_t n = io_pread(fd_, buffer_.data(),
                         static_cast<size_t>(std::min<uint64_t>(buffer_size, end - from)), from);

    start_ = from;
    filled_ = n > 0 ? static_cast<size_t>(n) : 0;
    if (n <= 0)
        fail(n);
    return n > 0;
}

bool Source::fill()
{
    return size_ == 0 || size_ > buffer_size || refill(0, size_);
}

bool Source::checksum(uint64_t from, uint64_t end, uint32_t *crc)
{
    *crc = 0;
    while (from < end) {
        const bool buffered = from >= start_ && from < start_ + filled_;

        if (!buffered && !refill(from, end))
            return false;
        const uint64_t n = std::min(end, start_ + filled_) - from;

        *crc = crc_update(*crc, buffer_.data() + (from - start_), static_cast<size_t>(n));
        from += n;
    }
    return true;
}

/* Record a failed read: an error, or fewer bytes than expected. */
void Source::fail(ssize_t n)
{
    if (!error_)
        error_ = n == 0 ? ESTALE : errno;
}

std::string Source::problem() const
{
    return error_ == ESTALE ? "it changed while it was read"
                            : std::string("it cannot be read: ") + strerror(error_);
}

void Source::show(uint64_t end, const std::string &tail)
{
    end_ = end;
    tail_ = tail;
}

size_t Source::read(uint64_t at, void *to, size_t n)
{
    char *out = static_cast<char *>(to);
    size_t done = 0;

    /* DCMTK asks for the parts of an element's header one by one. */
    if (at >= start_ && n <= filled_ && at - start_ <= filled_ - n && at + n <= end_) {
        memcpy(out, buffer_.data() + (at - start_), n);
        return n;
    }
    if (at < end_)
        done = read_file(at, out, static_cast<size_t>(std::min<uint64_t>(n, end_ - at)));
    if (at + done >= end_ && at + done < visible())
        done += tail_.copy(out + done, n - done, static_cast<size_t>(at + done - end_));
    return done;
}

size_t Source::read_file(uint64_t at, char *out, size_t n)
{
    size_t done = 0;

    while (done < n) {
        uint64_t from = at + done;

        if (from >= start_ && from < start_ + filled_) {
            size_t part =
                static_cast<size_t>(std::min<uint64_t>(n - done, start_ + filled_ - from));

            memcpy(out + done, buffer_.data() + (from - start_), part);
            done += part;
            continue;
        }
        bool large = n - done >= refill_size;
        ssize_t got = io_pread(fd_, large ? out + done : buffer_.data(),
                               large ? n - done : refill_size, from);

        if (got <= 0) {
            fail(got);
            break;
        }
        if (large) {
            done += static_cast<size_t>(got);
        } else {
            start_ = from;
            filled_ = static_cast<size_t>(got);
        }
    }
    return done;
}
