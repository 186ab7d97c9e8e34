/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/deflated.h"

#include <cstring>
#include <vector>

#include "wadozip-dicom/io/memory_files.h"

extern "C" {
#include "base/crc.h"
#include "base/deflate.h"
#include "base/io.h"
#include "dicom/transfer_syntax.h"
}

namespace {

bool is_native(const struct protocol_reply *reply)
{
    return reply->file_class == HELPER_INSTANCE &&
           transfer_syntax_is_native(reply->description.transfer_syntax);
}

/* One compressor and its buffers for all jobs. */
struct Workshop {
    struct deflate *compressor = nullptr;
    std::vector<uint8_t> in, out;

    bool open()
    {
        struct err e = ERR_INIT;

        if (!compressor && deflate_open(&compressor, &e) != 0)
            return false;
        in.resize(DEFLATE_BLOCK);
        out.resize(DEFLATE_OUT_MAX);
        return true;
    }
};

Workshop workshop;

/* Bytes of a file; `ends`: they end their deflate stream. */
struct Span {
    uint64_t from, end;
    bool ends;
};

/*
 * Deflate a span into `out` unless that is -1. Returns the deflated size, and
 * its CRC-32 in *crc. Returns 0 on failure.
 */
uint64_t pack(int in, const Span &span, int out, uint32_t *crc)
{
    Workshop &w = workshop;
    uint64_t made = 0;

    *crc = 0;
    if (span.from >= span.end || !w.open())
        return 0;
    for (uint64_t at = span.from; at < span.end; at += DEFLATE_BLOCK) {
        struct err e = ERR_INIT;
        uint64_t rest = span.end - at;
        size_t len = rest < DEFLATE_BLOCK ? static_cast<size_t>(rest) : DEFLATE_BLOCK;
        size_t n;

        if (io_pread(in, w.in.data(), len, at) != static_cast<ssize_t>(len))
            return 0;
        n = deflate_block(w.compressor, w.in.data(), len, span.ends && len == rest, w.out.data(),
                          &e);
        if (n == 0 || (out >= 0 && io_write(out, w.out.data(), n) != 0))
            return 0;
        *crc = crc_update(*crc, w.out.data(), n);
        made += n;
    }
    return made;
}

}

/* More follows the pixel data of a de-identified member (body/splice.h). */
void deflated_measure(int fd, bool pixels, struct protocol_reply *reply)
{
    struct helper_description &d = reply->description;
    uint32_t unused;

    if (!is_native(reply))
        return;
    reply->deflated = pack(fd, {0, reply->size, true}, -1, &unused);
    if (pixels && d.pixel_offset)
        d.pixel_deflated =
            pack(fd, {d.pixel_offset, d.pixel_offset + d.pixel_length, false}, -1, &unused);
}

void deflated_size(int result, const int fds[PROTOCOL_FILES_MAX], struct protocol_reply *reply)
{
    uint32_t unused;

    if (reply->file_class == HELPER_INSTANCE)
        reply->deflated = pack(reply->flags & PROTOCOL_SPOOLED ? fds[PROTOCOL_SPOOL] : result,
                               {0, reply->size, true}, -1, &unused);
}

void deflated_pack(int *result, const int fds[PROTOCOL_FILES_MAX], bool any,
                   struct protocol_reply *reply)
{
    bool spooled = (reply->flags & PROTOCOL_SPOOLED) != 0;
    int packed = spooled ? fds[PROTOCOL_SPOOL_PACKED] : memory_file_take();

    if (reply->file_class == HELPER_INSTANCE && packed >= 0)
        reply->deflated =
            pack(spooled ? fds[PROTOCOL_SPOOL] : *result, {0, reply->size, true}, packed,
                 &reply->packed_crc);
    if (reply->deflated && deflate_pays(reply->size, reply->deflated, any) &&
        (spooled || memory_file_seal(packed))) {
        reply->flags |= PROTOCOL_PACKED;
        if (!spooled)
            std::swap(*result, packed);
    }
    if (!spooled)
        io_close(&packed);
}
