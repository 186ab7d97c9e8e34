/* SPDX-License-Identifier: MIT */
/* Loading a whole file with DCMTK, and what its header says about how it was written. */
#ifndef WADOZIP_DICOM_IO_LOAD_H
#define WADOZIP_DICOM_IO_LOAD_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcfilefo.h"
#include "dcmtk/dcmdata/dcmetinf.h"

#include "wadozip-dicom/io/source.h"

#include <memory>
#include <string>

/* Switches DCMTK's global settings to what this program relies on (README.md says why), and loads its dictionary. */
bool load_prepare();

class Loaded {
public:
    /* Reads structure and short values; long values stay in the file, which must outlive this object. */
    explicit Loaded(Source &source);

    /* Never use the data set unless this is true. */
    bool good() const { return status_.good() && problem_.empty(); }

    /* Why it is not good: one sentence, printable. */
    std::string problem() const;

    bool has_magic() const { return magic_; } /* "DICM" behind a preamble (PS3.10 7.1) */

    /* Begins with "DICM" or with an element of group 0002 or 0008, as every data set does in practice. */
    bool looks_like_dicom() const { return looks_; }

    /*
     * The meta header's Transfer Syntax UID if that is how the data set is encoded, else what the data set was read
     * as, or what its pixel data is encoded in.
     */
    const std::string &transfer_syntax() const { return syntax_; }

    /* Preamble, magic and a meta header that tells the truth: the file's own bytes are a PS3.10 file. */
    bool is_part10() const { return part10_; }

    Source &source() { return source_; }
    DcmDataset &dataset() { return *file_->getDataset(); }
    DcmMetaInfo &meta() { return *file_->getMetaInfo(); }

private:
    void look(Source &source);
    void judge_syntax();
    void judge_pixel_data();

    Source &source_;
    std::unique_ptr<DcmFileFormat> file_ = std::make_unique<DcmFileFormat>();
    OFCondition status_;
    std::string syntax_, problem_;
    bool magic_ = false, looks_ = false, part10_ = false;
};

/* An element's text as stored, with padding; empty where absent or not text. */
std::string load_text(DcmElement *e);

/* A UID with its padding removed; may be illegal. */
std::string load_uid(DcmElement *e);

#endif
