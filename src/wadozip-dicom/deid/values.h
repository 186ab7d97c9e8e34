/* SPDX-License-Identifier: MIT */
/* Values that take the place of others in de-identified data sets. */
#ifndef WADOZIP_DICOM_DEID_VALUES_H
#define WADOZIP_DICOM_DEID_VALUES_H

#include "dcmtk/config/osconfig.h"
#include "dcmtk/dcmdata/dcelem.h"
#include "dcmtk/dcmdata/dcitem.h"
#include "dcmtk/dcmdata/dcsequen.h"

#include "wadozip-dicom/deid/profile.h"

/* Return a text without its padding; empty if there is none. */
std::string deid_values_text(DcmItem &d, const DcmTagKey &tag);

/* Add or replace a text. Throws Refusal. */
void deid_values_put(DcmItem &d, const DcmTagKey &tag, const std::string &text);

/* Set the dummy of the element's VR: not empty, unless it is a sequence. Throws
 * Refusal. */
void deid_values_dummy(DcmElement &e);

/* Set a text. Throws Refusal. */
void deid_values_set(DcmElement &e, const std::string &text);

/*
 * Replace every UID that is not of the standard itself, and keep empty ones.
 * Those of the standard have short components; longer ones below its root are
 * of others, who should not have used it. Throws Refusal.
 */
void deid_values_uids(DcmElement &e, const DeidProfile &p);

/*
 * Move the dates of DA and DT by that many days; times (TM) stay. A value that
 * is no date becomes 19000101. Throws Refusal.
 */
void deid_values_shift(DcmElement &e, int days);

/* Replace an age (AS) over 89 years by 090Y, and remove what is no age. */
void deid_values_age(DcmElement &e);

/* Append a content item (PS3.3 C.17.3) with a text that says that others were
 * removed. Throws Refusal. */
void deid_values_note(DcmSequenceOfItems &content);

#endif
