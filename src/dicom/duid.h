/* DICOM unique identifiers (PS3.5 9.1, grammar of PS3.18 5.1.1). */
#ifndef WADOZIP_DICOM_DUID_H
#define WADOZIP_DICOM_DUID_H

#include <stdbool.h>
#include <stddef.h>

#define DUID_MAX 64

#ifdef __cplusplus
extern "C" {
#endif

/*
 * True when the len bytes at s are a UID: 1 to 64 characters, components of digits separated by single dots, none
 * with a leading zero unless it is "0". Nothing that fails this may reach SQL, a file system or a name in an archive.
 */
bool duid_valid(const char *s, size_t len);

#ifdef __cplusplus
}
#endif

#endif
