/* SPDX-License-Identifier: MIT */
/* The tables of PS3.15 Annex E: which action the profile takes on an attribute.
 */
#ifndef WADOZIP_DICOM_DEID_TABLE_H
#define WADOZIP_DICOM_DEID_TABLE_H

#include "wadozip-dicom/deid/profile.h"

/*
 * SHIFT: dates are moved. BY_VR: the table does not have the attribute. UID of
 * a sequence: its items stay, and their UIDs are replaced.
 */
enum class DeidAction : uint8_t { KEEP, REMOVE, EMPTY, DUMMY, UID, SHIFT, BY_VR };

/* Return the action for an attribute of the standard. */
DeidAction deid_table_action(uint16_t group, uint16_t element, const DeidProfile &p);

/* Return whether the private attribute is known to be safe (PS3.15 Table
 * E.3.10-1). */
bool deid_table_is_safe(const std::string &creator, uint16_t group, uint16_t element);

#endif
