/* SPDX-License-Identifier: MIT */
/*
 * Convert text of a data set from its Specific Character Set to clean UTF-8
 * (PS3.3 C.12.1.1.2, PS3.5 6.1.2).
 */
#ifndef WADOZIP_DICOM_DATASET_CHARSET_H
#define WADOZIP_DICOM_DATASET_CHARSET_H

#include <cstddef>
#include <string>

/*
 * Open a converter for every character set of DICOM while files can still be
 * opened. Returns false, with its name, if the C library lacks one.
 */
bool charset_preload(const char **missing);

/*
 * Convert n bytes of text into out (`room` bytes, always terminated): without
 * padding, in UTF-8, without control characters, truncated at a character
 * boundary. `charset` is the data set's Specific Character Set. A value's code
 * extensions end at any of `delimiters` (PS3.5 6.1.2.5.3). Characters that
 * cannot be converted become '?'.
 */
void charset_put(const std::string &charset, const char *s, size_t n, const char *delimiters,
                 char *out, size_t room);

/*
 * The same for any length, keeping spaces, tabs, line and page breaks, which
 * long texts contain (PS3.5 6.1.3).
 */
std::string charset_utf8(const std::string &charset, const char *s, size_t n,
                         const char *delimiters);

/* The same for text that is always ASCII (VRs CS, DA, TM) and for a library's
 * messages. */
void charset_put_ascii(const char *s, size_t n, char *out, size_t room);

#endif
