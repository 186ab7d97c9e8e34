#include "dicom/helper/package.h"

#include "dicom/helper/load.h"

#include "dicom/helper/extract.h"
#include "dicom/helper/nested.h"
#include "dicom/helper/pixels.h"
#include "dicom/helper/result.h"
#include "dicom/helper/walk.h"

extern "C" {
#include "dicom/element.h"
#include "dicom/package.h"
}

namespace {

/* Passes everything on to another model, but gives values addresses beside the document and remembers what they are. */
class Beside : public Model {
public:
    Beside(Model &model, const std::string &prefix) : model_(model), prefix_(prefix) {}

    const std::vector<std::string> &paths() const { return paths_; }

    void bulk(const std::string &uri) override
    {
        paths_.push_back(uri);
        if (paths_.size() >= PACKAGE_PARTS_MAX)
            throw Refusal("the data set has too many bulk data values");
        model_.bulk(prefix_ + std::to_string(paths_.size()) + PACKAGE_ENDING);
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
    Package(enum proc_kind kind, const char *prefix) : kind_(kind), prefix_(prefix) {}

    uint64_t measure(Loaded &file, uint64_t file_size) override
    {
        DcmDataset &d = file.dataset();
        DcmPixelData *pixel_data = pixels_find(d);
        uint64_t native = d.calcElementLength(EXS_LittleEndianExplicit, EET_UndefinedLength);

        return file_size + native + walk_measure(d) +
               (pixel_data && frames_sequence(*pixel_data) ? pixels_size(d, *pixel_data) : 0);
    }

    void write(Loaded &file, Sink &out) override
    {
        std::unique_ptr<Model> model = kind_ == PROC_PACKAGE_XML ? model_xml(out) : model_json(out);
        Beside beside(*model, prefix_);

        nested_treat(file.dataset(), file.transfer_syntax(), Nested::CHECK);
        out.begin_part();
        walk_data_set(file.dataset(), "", beside);
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

    void end_part(Sink &out)
    {
        parts_.push_back({out.position() - end_, out.part_crc()});
        end_ = out.position();
    }

    void write_index(Sink &out)
    {
        for (const Part &p : parts_) {
            out.put32(static_cast<uint32_t>(p.size));
            out.put32(static_cast<uint32_t>(p.size >> 32));
            out.put32(p.crc);
        }
        out.put32(static_cast<uint32_t>(parts_.size()));
        out.put32(PACKAGE_MARK);
    }

    enum proc_kind kind_;
    std::string prefix_;
    std::vector<Part> parts_;
    uint64_t end_ = 0;
};

}

int package_file(int fd, int spool, enum proc_kind kind, const char *prefix, struct protocol_reply *reply)
{
    Package package(kind, prefix);

    return result_make(fd, spool, package, reply);
}
