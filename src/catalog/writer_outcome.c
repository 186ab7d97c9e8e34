/* SPDX-License-Identifier: MIT */
#include "catalog/writer_outcome.h"

#include <string.h>

static const char *const outcome_names[WRITER_OUTCOMES] = {
    [WRITER_NEW] = "new",
    [WRITER_INDEXED] = "indexed",
    [WRITER_CHANGED] = "changed",
    [WRITER_TOUCHED] = "touched",
    [WRITER_UNCHANGED] = "unchanged",
    [WRITER_COPY] = "copy",
    [WRITER_CONFLICT] = "conflict",
    [WRITER_REFUSED] = "refused",
    [WRITER_NOT_DICOM] = "not-dicom",
    [WRITER_DICOMDIR] = "dicomdir",
    [WRITER_GONE] = "gone",
    [WRITER_MOVED] = "moved",
    [WRITER_FORGOTTEN] = "forgotten",
};

const char *writer_outcome_name(enum writer_outcome o)
{
    return (unsigned)o < WRITER_OUTCOMES ? outcome_names[o] : "unknown";
}

bool writer_outcome_parse(const char *name, enum writer_outcome *o)
{
    for (int i = 0; i < WRITER_OUTCOMES; i++) {
        if (strcmp(outcome_names[i], name) == 0) {
            *o = (enum writer_outcome)i;
            return true;
        }
    }
    return false;
}
