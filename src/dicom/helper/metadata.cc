#include "dicom/helper/metadata.h"

#include "dicom/helper/load.h"

#include "dcmtk/dcmdata/dcdeftag.h"

#include "dicom/helper/result.h"
#include "dicom/helper/tidy.h"
#include "dicom/helper/walk.h"

namespace {

class Metadata : public Maker {
public:
    Metadata(enum proc_kind kind, const char *base) : kind_(kind), base_(base) {}

    bool reads_all() const override { return false; }

    uint64_t measure(Loaded &file, uint64_t) override { return walk_measure(file.dataset()); }

    void write(Loaded &file, Sink &out) override
    {
        DcmDataset &d = file.dataset();
        std::unique_ptr<Model> model = kind_ == PROC_METADATA_XML ? model_xml(out) : model_json(out);
        std::string address = base_ + "/studies/" + tidy_uid(d, DCM_StudyInstanceUID) + "/series/" +
                              tidy_uid(d, DCM_SeriesInstanceUID) + "/instances/" + tidy_uid(d, DCM_SOPInstanceUID) +
                              "/bulkdata/";

        walk_data_set(d, address, *model);
    }

private:
    enum proc_kind kind_;
    std::string base_;
};

}

int metadata_file(int fd, int spool, enum proc_kind kind, const char *base, struct protocol_reply *reply)
{
    Metadata metadata(kind, base);

    return result_make(fd, spool, metadata, reply);
}
