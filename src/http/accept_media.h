/* SPDX-License-Identifier: MIT */
/* Names of the representations, and of the kinds of resources that have them.
 */
#ifndef WADOZIP_HTTP_ACCEPT_MEDIA_H
#define WADOZIP_HTTP_ACCEPT_MEDIA_H

enum accept_media {
    ACCEPT_ZIP,
    ACCEPT_MULTIPART,
    ACCEPT_DICOM,
    ACCEPT_TABLE_CSV,
    ACCEPT_TABLE_JSON,
    ACCEPT_OCTETS,          /* bulk data */
    ACCEPT_OCTETS_MULTIPART, /* the same as multipart */
    ACCEPT_STORED_FRAMES,    /* multipart: frames as they are stored */
    ACCEPT_METADATA_JSON,
    ACCEPT_METADATA_PLAIN,   /* the same as application/json */
    ACCEPT_METADATA_XML,     /* multipart, one part per instance */
    ACCEPT_ZIP_JSON,         /* metadata and bulk data */
    ACCEPT_ZIP_XML,
    ACCEPT_JPEG,             /* rendered */
    ACCEPT_PNG,
    ACCEPT_URI_LIST,         /* of a collection: the addresses of its archives */
    ACCEPT_METALINK,         /* the same with sizes (RFC 5854) */
    ACCEPT_CROISSANT         /* the same as a description of the collection (http/croissant.h) */
};

/*
 * The kind of resource. A single instance can also be sent as application/dicom
 * (PS3.18 Table 10.4.4-1).
 */
enum accept_category {
    ACCEPT_CONTAINER,
    ACCEPT_SINGLE,
    ACCEPT_BULKDATA,
    ACCEPT_METADATA,
    ACCEPT_SEARCH,
    ACCEPT_COUNT,
    ACCEPT_FRAMES,
    ACCEPT_RENDERED /* these two: accept_pixels.h */,
    ACCEPT_COLLECTION
};

#endif
