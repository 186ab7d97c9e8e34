/* SPDX-License-Identifier: MIT */
/* The numbers of new UIDs: UUIDs of version 8 (RFC 9562), written as PS3.5 B.2
 * has it. */
#ifndef WADOZIP_DICOM_DEID_UUID_H
#define WADOZIP_DICOM_DEID_UUID_H

#include <stdbool.h>
#include <stdint.h>

#include "dicom/uid.h"

#define DEID_UUID_BYTES 16

/* Make a UUID of 16 bytes, of which six bits are replaced. */
void deid_uuid_mark(uint8_t uuid[DEID_UUID_BYTES]);

/* Write "2.25." and the number in decimal digits. */
void deid_uuid_format(const uint8_t uuid[DEID_UUID_BYTES], char out[UID_MAX + 1]);

/* Read what deid_uuid_format() writes. Returns false for every other UID. */
bool deid_uuid_parse(const char *uid, uint8_t uuid[DEID_UUID_BYTES]);

#endif
