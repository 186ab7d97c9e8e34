/* SPDX-License-Identifier: MIT */
/* A job as it is submitted to a pool. */
#ifndef WADOZIP_HELPER_HELPER_ORDER_H
#define WADOZIP_HELPER_HELPER_ORDER_H

#include <stdint.h>

#include "helper/job_kind.h"

/* Strings are copied. */
struct helper_order {
    enum helper_job_kind kind;
    enum helper_packing packing; /* HELPER_CONVERT */
    /* The transfer syntax of a conversion, the path of the element to extract
     * (dicom/element_path.h), the File-set UID of a DICOMDIR, or the base of
     * bulk data addresses in metadata: that of the service, or for relative ones
     * their first step and their query ("instances?x=y"); null if the kind needs
     * none. */
    const char *target;
    /* the data set is de-identified first (base/deid_options.h); null: it is
     * not */
    const char *profile;
    uint64_t cookie;
};

#endif
