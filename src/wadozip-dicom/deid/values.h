/* SPDX-License-Identifier: MIT */
/* Values that take the place of others in de-identified data sets. */
#ifndef WADOZIP_DICOM_DEID_VALUES_H
#define WADOZIP_DICOM_DEID_VALUES_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcelem.h"

#include "wadozip-dicom/deid/profile.h"

/* Set the dummy of the element's VR: not empty, unless it is a sequence. Throws Refusal. */
void deid_values_dummy(DcmElement &e);

/* Set a text. Throws Refusal. */
void deid_values_set(DcmElement &e, const std::string &text);

/* Replace every UID that is not of the standard itself, and keep empty ones. Throws Refusal. */
void deid_values_uids(DcmElement &e, const DeidProfile &p);

/*
 * Move the dates of DA and DT by that many days; times (TM) stay. A value that
 * is no date becomes 19000101. Throws Refusal.
 */
void deid_values_shift(DcmElement &e, int days);

/* Replace an age (AS) over 89 years by 090Y. */
void deid_values_age(DcmElement &e);

#endif
