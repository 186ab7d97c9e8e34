/* SPDX-License-Identifier: MIT */
#include "wadozip-dicom/jobs/metadata.h"

#include "wadozip-dicom/io/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include "wadozip-dicom/dataset/dataset_walk.h"
#include "wadozip-dicom/dataset/normalise.h"
#include "wadozip-dicom/jobs/result.h"

namespace {

class Metadata : public Maker {
public:
    Metadata(enum helper_job_kind kind, const char *base) : kind_(kind), base_(base) {}

    bool reads_all() const override { return false; }

    PixelUse pixel_use() const override { return PixelUse::NONE; }

    uint64_t measure(Loaded &file, uint64_t) override
    {
        return dataset_walk_measure(file.dataset());
    }

    void write(Loaded &file, ResultSink &out) override
    {
        DcmDataset &d = file.dataset();
        std::unique_ptr<Model> model =
            kind_ == HELPER_METADATA_XML ? model_xml(out) : model_json(out);
        const std::string path = "/studies/" + normalise_uid(d, DCM_StudyInstanceUID) + "/series/" +
                                 normalise_uid(d, DCM_SeriesInstanceUID) + "/instances/" +
                                 normalise_uid(d, DCM_SOPInstanceUID) + "/bulkdata/";

        dataset_walk_data_set(d, address(path), *model);
    }

private:
    /* Return the address of values, of which `path` is absolute. */
    BulkAddress address(const std::string &path) const
    {
        const size_t query = base_.find('?');

        if (query == std::string::npos)
            return {base_ + path, ""};
        const size_t at = path.find("/" + base_.substr(0, query) + "/");

        return {path.substr(at == std::string::npos ? 0 : at + 1), base_.substr(query)};
    }

    enum helper_job_kind kind_;
    std::string base_;
};

}

int metadata_file(int fd, int spool, enum helper_job_kind kind, const char *base,
                  struct protocol_reply *reply)
{
    Metadata metadata(kind, base);

    return result_make(fd, spool, metadata, reply);
}
