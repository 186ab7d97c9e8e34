/* The number that converted bytes depend on besides the file and the target. */
#ifndef WADOZIP_DICOM_HELPER_RECIPE_H
#define WADOZIP_DICOM_HELPER_RECIPE_H

#include <cstdint>

/*
 * Stands for FORM_RECIPE, DCMTK with its data dictionary, and what the codec libraries that run make of a fixed image:
 * never 0, at most INT32_MAX. Of programs that convert alike it is the same. Takes some milliseconds.
 */
uint32_t recipe_number();

#endif
