/* SPDX-License-Identifier: MIT */
/* How wadozip-dicom children are run. */
#ifndef WADOZIP_HELPER_HELPER_SETUP_H
#define WADOZIP_HELPER_HELPER_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#define HELPER_BYTES_A_SECOND ((uint64_t)8 << 20) /* assumed speed of a slow disk or network */

struct helper_setup {
    const char *program;    /* path of wadozip-dicom */
    /* setting: folder for unlinked files of results that are too large for
     * memory */
    const char *spool;
    unsigned children;      /* 0: one per processor */
    uint64_t memory;        /* bytes per process */
    /* descriptions include the deflated size of the file (base/deflate.h) if not
     * 0; 2: also of its pixel data */
    unsigned deflate;
    bool lenient_uids;      /* uid_allow_lenient() in the process */
    unsigned seconds;       /* elapsed and processor time for one job; one second more for each
                             * HELPER_BYTES_A_SECOND of the file and each HELPER_DECODED_A_SECOND of
                             * the decoded result */
};

#endif
