/* SPDX-License-Identifier: MIT */
/*
 * Which element of a data set is meant: its tag, behind those of the sequences that it lies in, each with the number of the
 * item. As text, in addresses of bulk data: "7FE00010", "00880200/1/7FE00010". Pure.
 */
#ifndef WADOZIP_DICOM_ELEMENT_PATH_H
#define WADOZIP_DICOM_ELEMENT_PATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELEMENT_PATH_DEPTH_MAX 16     /* tags of one path */
#define ELEMENT_PATH_ITEM_MAX 999999  /* items are counted from 1 */
#define ELEMENT_PATH_TEXT_MAX (16 * 8 + 15 * 8) /* bytes of the text: tags, and numbers between slashes */

struct element_path_step {
    uint32_t tag;  /* group in the high half */
    uint32_t item; /* of the sequence with this tag; 0 for the last step */
};

struct element_path {
    size_t count;
    struct element_path_step steps[ELEMENT_PATH_DEPTH_MAX];
};

#ifdef __cplusplus
extern "C" {
#endif

/*
 * True, and *out, when s is tags of 8 hexadecimal digits of either case with the number of an item, without zeros in front,
 * between each two. False for anything else, deeper or larger than the limits above.
 */
bool element_path_parse(const char *s, struct element_path *out);

/* The path as text, digits in upper case; the opposite of element_path_parse. */
void element_path_text(const struct element_path *p, char out[ELEMENT_PATH_TEXT_MAX + 1]);

#ifdef __cplusplus
}
#endif

#endif
