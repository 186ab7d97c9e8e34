/* SPDX-License-Identifier: MIT */
/*
 * The target of HELPER_DEIDENTIFY: "OPTIONS DAYS KEY", the sum of the options,
 * the greatest shift of dates in days, and 64 hexadecimal digits. Valid C and C++.
 */
#ifndef WADOZIP_HELPER_DEID_OPTIONS_H
#define WADOZIP_HELPER_DEID_OPTIONS_H

/* Options of PS3.15 E.3, and the last one of ours: images that may show names are taken, too. */
enum deid_option {
    DEID_UIDS = 1,
    DEID_DEVICE = 2,
    DEID_INSTITUTION = 4,
    DEID_PATIENT = 8,
    DEID_FULL_DATES = 16,
    DEID_MODIFIED_DATES = 32,
    DEID_SAFE_PRIVATE = 64,
    DEID_TRUST_PIXELS = 128
};

#define DEID_OPTIONS_MAX 255 /* all of them */
#define DEID_DAYS_MAX 36500
#define DEID_KEY_BYTES 32

#endif
