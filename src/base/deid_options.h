/* SPDX-License-Identifier: MIT */
/*
 * Options of a de-identification profile, and its form in messages to
 * wadozip-dicom: "OPTIONS DAYS KEY", the sum of the options, the greatest shift
 * of dates in days, and 64 hexadecimal digits. Valid C and C++.
 */
#ifndef WADOZIP_BASE_DEID_OPTIONS_H
#define WADOZIP_BASE_DEID_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Options of PS3.15 E.3, and two of ours: images that may show names are taken
 * as they are, or with other pixels. */
enum deid_option {
    DEID_UIDS = 1,
    DEID_DEVICE = 2,
    DEID_INSTITUTION = 4,
    DEID_PATIENT = 8,
    DEID_FULL_DATES = 16,
    DEID_MODIFIED_DATES = 32,
    DEID_SAFE_PRIVATE = 64,
    DEID_TRUST_PIXELS = 128,
    DEID_WITHHOLD_PIXELS = 256
};

#define DEID_VERSION 2 /* raise it whenever the bytes of de-identified instances change */
#define DEID_OPTIONS_MAX 511 /* all of them */
#define DEID_WITHHELD_NOTE "Pixel data withheld, because it may show names"
#define DEID_DAYS_MAX 36500
#define DEID_DAYS_DEFAULT 1825
#define DEID_KEY_BYTES 32
#define DEID_PROFILE_MAX 80 /* bytes of the form in messages with NUL */

/*
 * Parse a list of options, separated by commas or blanks, such as
 * "modified-dates patient"; "basic" names the profile itself. Returns false for
 * unknown words, and for full-dates together with modified-dates.
 */
bool deid_options_parse(const char *list, unsigned *options);

/* Write the list of options, as deid_options_parse() reads it, beginning with
 * "basic". */
#define DEID_OPTIONS_TEXT 80
void deid_options_format(unsigned options, char out[DEID_OPTIONS_TEXT]);

#endif
