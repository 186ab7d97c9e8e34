/* SPDX-License-Identifier: MIT */
/* Names of parameters that ask for de-identification, which is refused wherever
 * it is asked for. */
#ifndef WADOZIP_DICOM_DEIDENTIFYING_H
#define WADOZIP_DICOM_DEIDENTIFYING_H

#include <stdbool.h>

/* Return whether the name asks for it, in capitals or not. */
bool deidentifying_name(const char *name);

#endif
