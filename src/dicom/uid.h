/* SPDX-License-Identifier: MIT */
/* DICOM unique identifiers (PS3.5 9.1, grammar of PS3.18 5.1.1). */
#ifndef WADOZIP_DICOM_UID_H
#define WADOZIP_DICOM_UID_H

#include <stdbool.h>
#include <stddef.h>

#define UID_MAX 64

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Return whether the len bytes at s are a UID: 1 to 64 characters, components
 * of digits separated by single dots, none with a leading zero unless it is
 * "0". Nothing that fails this may reach SQL, a file system or a name in an
 * archive. After uid_allow_lenient(true) uid_lenient() decides.
 */
bool uid_valid(const char *s, size_t len);

/*
 * Return whether s is a UID under the lenient rule: 1 to 64 digits and dots,
 * the first and the last a digit. Such UIDs are compared as text: 1.02 is not
 * 1.2.
 */
bool uid_lenient(const char *s, size_t len);

/* Set the rule for this process (setting lenient_uids). Call it before the
 * first UID is parsed. */
void uid_allow_lenient(bool allow);

#ifdef __cplusplus
}
#endif

#endif
