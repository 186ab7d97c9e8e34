/* SPDX-License-Identifier: MIT */
/* Convert numbers that DICOM writes as text (VRs DS and IS, PS3.5 6.2) to JSON.
 */
#ifndef WADOZIP_DICOM_DATASET_NUMBER_H
#define WADOZIP_DICOM_DATASET_NUMBER_H

#include <string>

/*
 * Return the same number in the grammar of RFC 8259 6, digit by digit: "+01.50"
 * becomes "1.50". Returns "" if the text is not a number, or one that a double
 * cannot represent: infinite, or a whole number beyond 2^53.
 */
std::string number_json(const std::string &text);

#endif
