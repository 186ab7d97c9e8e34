/* SPDX-License-Identifier: MIT */
/* What an answer holds of each instance, and how it is put together: of media
 * types (http/offer.h) and plans. */
#ifndef WADOZIP_DICOM_REPRESENTATION_H
#define WADOZIP_DICOM_REPRESENTATION_H

enum plan_content {
    PLAN_INSTANCES,
    PLAN_BULKDATA, /* the value of one element of one instance */
    PLAN_METADATA_JSON, /* one object per instance (PS3.18 F.2) */
    PLAN_METADATA_XML,  /* one document per instance (PS3.19 A.1) */
    PLAN_PACKAGE_JSON,  /* for each instance such an object and the values of its bulk data;
                         * PLAN_ZIP */
    PLAN_PACKAGE_XML    /* the same with documents */
};

enum plan_framing {
    PLAN_ZIP,
    PLAN_MULTIPART,
    PLAN_SINGLE,
    PLAN_ARRAY /* of JSON (PS3.18 F.2.1) */
};

#endif
