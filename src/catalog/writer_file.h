/* SPDX-License-Identifier: MIT */
/* A file as the indexer describes it to the catalogue. */
#ifndef WADOZIP_CATALOG_WRITER_FILE_H
#define WADOZIP_CATALOG_WRITER_FILE_H

#include "dicom/instance.h"
#include "helper/helper_pool.h"

#define WRITER_BATCH_MAX 10000 /* files per call */

struct writer_file {
    const char *path; /* relative to the root of the call */
    uint64_t size;
    int64_t mtime_ns;
    uint32_t crc;
    enum helper_class class;                      /* HELPER_FAILED counts as refused */
    const char *reason;                         /* unless an instance */
    const struct helper_description *description; /* of an instance */
    const void *keys; /* for an instance: keys of its directory record; null: not known */
    /* for an instance: where its frames lie (dicom/frame_table.h); null: not
     * known */
    const void *table;
    size_t key_bytes, table_bytes;
    const char *compressor; /* compressor of this deflated size; null if none was measured */
    uint64_t deflated;      /* 0: does not become smaller */
    bool pixels_deflated;   /* that of its pixel data was measured, too (description) */
    uint32_t codec_version; /* by which default_size was measured; 0: not measured */
    /* in Explicit VR Little Endian, uncompressed; 0: sent as stored, or cannot
     * be measured */
    uint64_t default_size;
    const unsigned char *sha256; /* for an instance, INSTANCE_SHA256 bytes; null: not known */
};

/* Files of one root: at most WRITER_BATCH_MAX. */
struct writer_batch {
    const char *root;
    const struct writer_file *files;
    size_t count;
};

#endif
