/* SPDX-License-Identifier: MIT */
/* Load a whole file with DCMTK, and compare its header with its encoding. */
#ifndef WADOZIP_DICOM_IO_LOAD_H
#define WADOZIP_DICOM_IO_LOAD_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcfilefo.h"
#include "dcmtk/dcmdata/dcmetinf.h"

#include "wadozip-dicom/io/source.h"

#include <memory>
#include <string>

/*
 * Set DCMTK's global settings for this program (README.md explains them), and
 * load its dictionary.
 */
bool load_prepare();

class Loaded {
public:
    /* Read structure and short values. Long values stay in the file, which
     * must outlive this object. */
    explicit Loaded(Source &source);

    /* Use the data set only if this is true. */
    bool good() const { return status_.good() && problem_.empty(); }

    /* Return the reason why it is not good: one printable sentence. */
    std::string problem() const;

    bool has_magic() const { return magic_; } /* "DICM" after a preamble (PS3.10 7.1) */

    /* Return whether the file begins with "DICM" or with an element of group
     * 0002 or 0008, as every data set does in practice. */
    bool looks_like_dicom() const { return looks_; }

    /* Return the meta header's Transfer Syntax UID if the data set is
     * encoded in it, else the encoding that was detected from the data set
     * or its pixel data. */
    const std::string &transfer_syntax() const { return syntax_; }

    /* Return whether the file has a preamble, "DICM" and a correct meta
     * header, so that its own bytes are a PS3.10 file. */
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

/* Return an element's text as stored, with padding; empty if it is absent or
 * not text. */
std::string load_text(DcmElement *e);

/* Return a UID without its padding; it may be invalid. */
std::string load_uid(DcmElement *e);

#endif
