/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/package.h"

#include "wadozip-dicom/io/load.h"

#include "wadozip-dicom/dataset/dataset_walk.h"
#include "wadozip-dicom/jobs/extract.h"
#include "wadozip-dicom/jobs/result.h"
#include "wadozip-dicom/pixel/nested.h"
#include "wadozip-dicom/pixel/pixels.h"

extern "C" {
#include "dicom/element_path.h"
#include "dicom/transfer_syntax.h"
#include "helper/package_layout.h"
}

namespace {

/*
 * Forwards everything to another model, but gives values addresses relative to
 * the document and remembers them.
 */
class Beside : public Model {
public:
    Beside(Model &model, const std::string &prefix) : model_(model), prefix_(prefix) {}

    const std::vector<std::string> &paths() const { return paths_; }

    void bulk(const std::string &uri) override
    {
        paths_.push_back(uri);
        if (paths_.size() >= METADATA_ZIP_PARTS_MAX)
            throw Refusal("the data set has too many bulk data values");
        model_.bulk(prefix_ + std::to_string(paths_.size()) + METADATA_ZIP_ENDING);
    }

    void begin() override { model_.begin(); }
    void finish() override { model_.finish(); }
    void begin_attribute(const ModelAttribute &a) override { model_.begin_attribute(a); }
    void end_attribute() override { model_.end_attribute(); }
    void binary(const uint8_t *data, size_t n) override { model_.binary(data, n); }
    void text(const std::string &s) override { model_.text(s); }
    void name(const std::string &s) override { model_.name(s); }
    void number(const std::string &s) override { model_.number(s); }
    void real(double v) override { model_.real(v); }
    void begin_item() override { model_.begin_item(); }
    void end_item() override { model_.end_item(); }

private:
    Model &model_;
    std::string prefix_;
    std::vector<std::string> paths_;
};

class Package : public Maker {
public:
    Package(enum helper_job_kind kind, const char *prefix) : kind_(kind), prefix_(prefix) {}

    uint64_t measure(Loaded &file, uint64_t file_size) override
    {
        DcmDataset &d = file.dataset();
        DcmPixelData *pixel_data = pixels_find(d);
        uint64_t native = d.calcElementLength(EXS_LittleEndianExplicit, EET_UndefinedLength);

        const bool decoded = pixel_data && frames_sequence(*pixel_data) &&
                             !transfer_syntax_is_video(file.transfer_syntax().c_str());

        return file_size + native + dataset_walk_measure(d) +
               (decoded ? pixels_size(d, *pixel_data) : 0);
    }

    void write(Loaded &file, ResultSink &out) override
    {
        std::unique_ptr<Model> model =
            kind_ == HELPER_PACKAGE_XML ? model_xml(out) : model_json(out);
        Beside beside(*model, prefix_);

        nested_treat(file.dataset(), file.transfer_syntax(), Nested::CHECK);
        out.begin_part();
        dataset_walk_data_set(file.dataset(), {}, beside);
        end_part(out);
        for (const std::string &path : beside.paths()) {
            out.begin_part();
            extract_value(file, path.c_str(), out);
            end_part(out);
        }
        write_index(out);
    }

private:
    struct Part {
        uint64_t size;
        uint32_t crc;
    };

    void end_part(ResultSink &out)
    {
        parts_.push_back({out.position() - end_, out.part_crc()});
        end_ = out.position();
    }

    void write_index(ResultSink &out)
    {
        for (const Part &p : parts_) {
            out.put32(static_cast<uint32_t>(p.size));
            out.put32(static_cast<uint32_t>(p.size >> 32));
            out.put32(p.crc);
        }
        out.put32(static_cast<uint32_t>(parts_.size()));
        out.put32(METADATA_ZIP_MARK);
    }

    enum helper_job_kind kind_;
    std::string prefix_;
    std::vector<Part> parts_;
    uint64_t end_ = 0;
};

}

int package_file(int fd, int spool, enum helper_job_kind kind, const char *prefix,
                 struct protocol_reply *reply)
{
    Package package(kind, prefix);

    return result_make(fd, spool, package, reply);
}
