/* SPDX-License-Identifier: MIT */
/* How wadozip-dicom children are run. */
#ifndef WADOZIP_HELPER_HELPER_SETUP_H
#define WADOZIP_HELPER_HELPER_SETUP_H

#include <stdbool.h>
#include <stdint.h>

#define HELPER_BYTES_A_SECOND ((uint64_t)8 << 20) /* that a slow disk or network brings */

struct helper_setup {
    const char *program;    /* path of wadozip-dicom */
    const char *spool;      /* setting: folder for unlinked files of results that are too large for memory */
    unsigned children;      /* 0: one a processor */
    uint64_t memory;        /* bytes each child may have */
    bool deflate;           /* a description also tells what deflate makes of the file (base/deflate.h) */
    bool lenient_uids;      /* uid_allow_lenient() of the child */
    unsigned seconds;       /* wall clock and processor time for one job; a second more for each HELPER_BYTES_A_SECOND
                               of the file and each HELPER_DECODED_A_SECOND of what is made of it */
};

#endif
