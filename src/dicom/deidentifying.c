/* SPDX-License-Identifier: MIT */
#include "dicom/deidentifying.h"

#include <stddef.h>
#include <strings.h>

bool deidentifying_name(const char *name)
{
    static const char *const names[] = {"anonymize", "anonymise", "deidentify"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcasecmp(name, names[i]) == 0)
            return true;
    return false;
}
