/* SPDX-License-Identifier: MIT */
/* Text of a data set as clean UTF-8, whatever its Specific Character Set (PS3.3 C.12.1.1.2, PS3.5 6.1.2). */
#ifndef WADOZIP_DICOM_DATASET_CHARSET_H
#define WADOZIP_DICOM_DATASET_CHARSET_H

#include <cstddef>
#include <string>

/*
 * Opens a converter for every character set that DICOM names, while there still is a file system to load it from.
 * False, with its name, when the C library lacks one.
 */
bool charset_preload(const char **missing);

/*
 * Puts n bytes of text into out (room bytes, always terminated): without padding, in UTF-8, without control
 * characters, cut at a character. `charset` is the data set's Specific Character Set; at any of `delimiters` a
 * value's code extensions end (PS3.5 6.1.2.5.3). What cannot be converted becomes '?'.
 */
void charset_put(const std::string &charset, const char *s, size_t n, const char *delimiters, char *out, size_t room);

/*
 * The same, of any length and with its spaces: tabs and ends of lines and pages stay, which long texts hold (PS3.5 6.1.3).
 */
std::string charset_utf8(const std::string &charset, const char *s, size_t n, const char *delimiters);

/* The same for text that is ASCII by definition (VRs CS, DA, TM) or a library's message. */
void charset_put_ascii(const char *s, size_t n, char *out, size_t room);

#endif
