#include "dicom/helper/deflated.h"

#include <cstring>
#include <vector>

extern "C" {
#include "base/deflate.h"
#include "base/io.h"
#include "dicom/transfer_syntax.h"
}

namespace {

bool is_native(const struct protocol_reply *reply)
{
    return reply->file_class == PROC_INSTANCE && transfer_syntax_is_native(reply->description.transfer_syntax);
}

/* One compressor and its blocks for all jobs. */
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

}

void deflated_measure(int fd, struct protocol_reply *reply)
{
    static Workshop w;
    uint64_t made = 0;

    if (!is_native(reply) || reply->size == 0 || !w.open())
        return;
    for (uint64_t at = 0; at < reply->size; at += DEFLATE_BLOCK) {
        struct err e = ERR_INIT;
        uint64_t rest = reply->size - at;
        size_t len = rest < DEFLATE_BLOCK ? static_cast<size_t>(rest) : DEFLATE_BLOCK;
        size_t n;

        if (io_pread(fd, w.in.data(), len, at) != static_cast<ssize_t>(len))
            return;
        n = deflate_block(w.compressor, w.in.data(), len, len == rest, w.out.data(), &e);
        if (n == 0)
            return;
        made += n;
    }
    reply->deflated = made;
}
