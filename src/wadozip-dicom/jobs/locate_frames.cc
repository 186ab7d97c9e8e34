/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/locate_frames.h"

#include <algorithm>

#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/pixel_place.h"

namespace {

class FrameTable : public Maker {
public:
    bool reads_all() const override { return false; }

    uint64_t measure(Loaded &, uint64_t file_size) override
    {
        return std::min<uint64_t>(file_size, FRAME_TABLE_BYTES_MAX);
    }

    void write(Loaded &file, ResultSink &out) override
    {
        const std::string table = pixel_place_table(file, pixel_place_find(file.source(), file));

        out.put(table.data(), table.size());
    }
};

}

int locate_frames_file(int fd, int spool, struct protocol_reply *reply)
{
    FrameTable table;

    return result_make(fd, spool, table, reply);
}
