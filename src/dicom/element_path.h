/* SPDX-License-Identifier: MIT */
/*
 * The path of an element in a data set: its tag, preceded by the tag and item
 * number of each enclosing sequence. Text form in bulk data addresses:
 * "7FE00010", "00880200/1/7FE00010". Pure.
 */
#ifndef WADOZIP_DICOM_ELEMENT_PATH_H
#define WADOZIP_DICOM_ELEMENT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELEMENT_PATH_DEPTH_MAX 16     /* tags in one path */
#define ELEMENT_PATH_ITEM_MAX 999999  /* items are numbered from 1 */
#define ELEMENT_PATH_TEXT_MAX (16 * 8 + 15 * 8) /* length of the text: tags, and item numbers
                                                 * between slashes */

struct element_path_step {
    uint32_t tag;  /* group in the high half */
    uint32_t item; /* item number in the sequence with this tag; 0 for the last step */
};

struct element_path {
    size_t count;
    struct element_path_step steps[ELEMENT_PATH_DEPTH_MAX];
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Parse tags of 8 hexadecimal digits in either case, with an item number
 * without leading zeros between two tags. Returns false for other text and
 * beyond the limits above.
 */
bool element_path_parse(const char *s, struct element_path *out);

/* Write the path as text with upper case digits. The inverse of
 * element_path_parse(). */
void element_path_text(const struct element_path *p, char out[ELEMENT_PATH_TEXT_MAX + 1]);

#ifdef __cplusplus
}
#endif

#endif
