/* SPDX-License-Identifier: MIT */
#ifndef WADOZIP_DICOM_IO_VR_FORM_H
#define WADOZIP_DICOM_IO_VR_FORM_H

struct VrForm {
    bool standard;    /* a VR of the standard */
    bool long_length; /* two reserved bytes and a length of four bytes follow it (PS3.5 7.1.2) */
};

/*
 * Return how DCMTK reads an element with this VR, two bytes that may be
 * anything. DCMTK itself compares them with every VR it knows.
 */
VrForm vr_form(const char *two);

#endif
