/* SPDX-License-Identifier: MIT */
/* Numbers that DICOM writes as text (VRs DS and IS, PS3.5 6.2), as JSON has them. */
#ifndef WADOZIP_DICOM_DATASET_NUMBER_H
#define WADOZIP_DICOM_DATASET_NUMBER_H

#include <string>

/*
 * The same number in the grammar of RFC 8259 6, digit by digit: "+01.50" becomes "1.50". "" where the text is no number,
 * or one that the receiver's double would not hold: infinite, or a whole number beyond 2^53.
 */
std::string number_json(const std::string &text);

#endif
