/* SPDX-License-Identifier: MIT */
/* Names in the archive that people can read and every system can store:
 * 0003-MR-T1_MPRAGE/000012.dcm. Folders are series number, modality and
 * description; files are instance numbers. Only ASCII letters, digits, '.', '_'
 * and '-'. Each begins with a digit, m (minus), none (no number) or P and a
 * digit, so it is never a device name of Windows. A name depends only on the
 * instances of the response and their order. */
#ifndef WADOZIP_PLAN_NAMES_H
#define WADOZIP_PLAN_NAMES_H

#include <stddef.h>
#include <stdint.h>

#define NAMES_FOLDER_MAX 64 /* before a suffix that makes it unique, of at most 9 characters */
#define NAMES_FILE_MAX 24
#define NAMES_STUDY_MAX 54
#define NAMES_PATIENT_MAX 11
/* a study's and a series' folder, or two UIDs, and what is between and after
 * them */
#define NAMES_PATH_MAX 137

/*
 * Build a series' folder: "0003-MR-T1_MPRAGE"; "none" for an absent number,
 * "m0003" for -3. Empty modalities and descriptions are left out. Accents of
 * Latin letters are dropped, other characters become '_', and runs become one.
 * Inputs are UTF-8 and may be invalid. Returns the length.
 */
size_t names_folder(int32_t number, const char *modality, const char *description,
                    char out[NAMES_FOLDER_MAX + 1]);

/*
 * Build a study's folder: "0002-20240131-CT_Chest", from its position in the
 * archive, from 1, its date and its description; the last two may be empty or
 * null. Returns the length.
 */
size_t names_study(size_t number, const char *date, const char *description,
                   char out[NAMES_STUDY_MAX + 1]);

/* Build a patient's folder in a collection: "P0002". Returns the length. */
size_t names_patient(uint32_t number, char out[NAMES_PATIENT_MAX + 1]);

/*
 * Build an instance's file name: "000012.dcm"; "000012-2.dcm" for the second
 * one with this number (same_number 1), etc.
 */
size_t names_file(int32_t number, uint32_t same_number, char out[NAMES_FILE_MAX + 1]);

/*
 * Build the File ID of an instance: "DICOM/S0000001/I0000001" (PS3.10 8.2).
 * Both ordinals count from 0, below 9999999.
 */
size_t names_file_id(uint32_t series, uint32_t instance, char out[NAMES_FILE_MAX + 1]);

#endif
