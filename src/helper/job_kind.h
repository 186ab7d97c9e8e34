/* SPDX-License-Identifier: MIT */
/* The kinds of jobs of wadozip-dicom. Valid C and C++. */
#ifndef WADOZIP_HELPER_JOB_KIND_H
#define WADOZIP_HELPER_JOB_KIND_H

#include <stdbool.h>

enum helper_job_kind {
    HELPER_DESCRIBE,
    HELPER_CONVERT, /* an instance to another transfer syntax */
    /* the value of one element, uncompressed, as Explicit VR Little Endian has
     * it */
    HELPER_EXTRACT,
    /* the DICOMDIR of a File-set; the file lists its members
     * (dicomdir_writer.h) */
    HELPER_MAKE_DICOMDIR,
    HELPER_METADATA_JSON, /* the data set without bulk data, as one object of PS3.18 F.2 */
    HELPER_METADATA_XML,  /* the same as one document of PS3.19 A.1 */
    HELPER_PACKAGE_JSON,  /* the same with its bulk data beside it (format/metadata_zip.h) */
    HELPER_PACKAGE_XML,
    /* uncompressed frames, one after the other; those that the list of numbers
     * names */
    HELPER_FRAMES,
    HELPER_RENDER,      /* an image of a frame (dicom/render_options.h) */
    HELPER_FRAME_TABLE, /* where the frames lie (dicom/frame_table.h) */
    /* the instance in its own transfer syntax if that is compressed; needs a
     * profile */
    HELPER_DEIDENTIFY,
    /* the same without the value of Pixel Data at the target: "OFFSET LENGTH"
     * of the file */
    HELPER_DEIDENTIFY_HEADER,
    HELPER_LIST, /* all elements as text (helper/element_line.h) */
    /* how long the instance is in Explicit VR Little Endian, uncompressed: only
     * its header is read */
    HELPER_MEASURE
};

static inline bool helper_job_is_metadata(enum helper_job_kind kind)
{
    return kind == HELPER_METADATA_JSON || kind == HELPER_METADATA_XML;
}

static inline bool helper_job_is_package(enum helper_job_kind kind)
{
    return kind == HELPER_PACKAGE_JSON || kind == HELPER_PACKAGE_XML;
}

/* Whether a job of this kind makes a file. */
static inline bool helper_job_makes_file(enum helper_job_kind kind)
{
    return kind != HELPER_DESCRIBE && kind != HELPER_MEASURE;
}

/* Whether the result of a conversion to native pixel data is handed over
 * deflated (base/deflate.h). */
enum helper_packing {
    HELPER_PACK_NOTHING,
    HELPER_PACK_TENTH, /* if that saves a tenth */
    HELPER_PACK_ANY,   /* if that makes it smaller */
    HELPER_PACK_MEASURE /* not, but report the deflated size */
};

/* Whether a second file is needed, for the deflated result. */
static inline bool helper_packs(enum helper_packing packing)
{
    return packing == HELPER_PACK_TENTH || packing == HELPER_PACK_ANY;
}

#endif
