/* SPDX-License-Identifier: MIT */
/*
 * The result of HELPER_LIST: elements in the order of the file, each as
 *
 *     PATH FIELD VR FIELD KEYWORD FIELD VALUE LINE
 *
 * PATH is the tag in 8 hexadecimal digits; within sequences the tags and the
 * numbers of the items, from 1 and in 6 digits, precede it: 00081140/000001/00081155.
 * VALUE is UTF-8, several values are separated by a backslash. Long values that
 * are not text are their length and CRC-32, and a sequence is the number of its
 * items, which follow. Valid C and C++.
 */
#ifndef WADOZIP_HELPER_ELEMENT_LINE_H
#define WADOZIP_HELPER_ELEMENT_LINE_H

#define ELEMENT_LINE_FIELD '\x1f' /* no value contains it, or the other one */
#define ELEMENT_LINE_END '\x1e'
#define ELEMENT_LINE_FIELDS 4

#endif
