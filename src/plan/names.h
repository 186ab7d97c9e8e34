/* SPDX-License-Identifier: MIT */
/*
 * Names in the archive that a person can read and every system can store: 0003-MR-T1_MPRAGE/000012.dcm. Folders are
 * series number, modality and description; files are instance numbers. ASCII letters, digits, '.', '_' and '-' only;
 * each begins with a digit, or with m (minus) or none (no number), so no device name of Windows can come out. A name
 * depends on the instances of the answer and their order, on nothing else.
 */
#ifndef WADOZIP_PLAN_NAMES_H
#define WADOZIP_PLAN_NAMES_H

#include "plan/plan.h"

#define NAMES_FOLDER_MAX 64 /* before a suffix that makes it unique, of at most 9 characters */
#define NAMES_FILE_MAX 24
#define NAMES_STUDY_MAX 54
#define NAMES_PATH_MAX 137 /* a study's and a series' folder, or two UIDs, and what is between and after them */

/*
 * A series' folder: "0003-MR-T1_MPRAGE"; "none" stands for an absent number, "m0003" for -3; an empty modality or
 * description is left out. Accents of Latin letters are dropped, whatever else is not in the set becomes '_', runs
 * become one. Inputs are UTF-8 and may be broken. Returns the length.
 */
size_t names_folder(int32_t number, const char *modality, const char *description, char out[NAMES_FOLDER_MAX + 1]);

/*
 * A study's folder: "0002-20240131-CT_Chest", by its place in the archive, from 1, its date and its description; each but the
 * first may be empty or null. Returns the length.
 */
size_t names_study(size_t number, const char *date, const char *description, char out[NAMES_STUDY_MAX + 1]);

/* An instance's file: "000012.dcm"; "000012-2.dcm" for the second one with this number (same_number 1), and so on. */
size_t names_file(int32_t number, uint32_t same_number, char out[NAMES_FILE_MAX + 1]);

/* The File ID of an instance by its place: "DICOM/S0000001/I0000001" (PS3.10 8.2); both ordinals from 0, below 9999999. */
size_t names_file_id(uint32_t series, uint32_t instance, char out[NAMES_FILE_MAX + 1]);

/* Makes the folders of all series of a plan unique, whatever the case of letters, by suffixes -2, -3 ... */
int names_unique(struct plan *p, struct err *e) MUST_CHECK;

#endif
