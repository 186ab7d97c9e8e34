/* SPDX-License-Identifier: MIT */
#include "http/offer.h"

#define ALL (1u << ACCEPT_CONTAINER | 1u << ACCEPT_SINGLE)
#define OF_DICOM "application/dicom"
#define OF_OCTETS "application/octet-stream"
#define OF_XML "application/dicom+xml"
#define XML_PARTS "multipart/related; type=\"" OF_XML "\""
#define PACKAGES \
    "metadata with its bulk data: application/zip; type=\"application/dicom+json\", application/zip; type=\"" OF_XML "\""

static const struct offer offered[] = {
    {ACCEPT_ZIP, ALL | 1u << ACCEPT_SEARCH, "zip", "application/zip", OF_DICOM, "application/zip",
     "one ZIP archive of DICOM files"},
    {ACCEPT_ZIP_JSON, ALL | 1u << ACCEPT_METADATA, "zip-json", "application/zip", "application/dicom+json",
     "application/zip; type=\"application/dicom+json\"", "one ZIP archive of metadata as JSON and its bulk data"},
    {ACCEPT_ZIP_XML, ALL | 1u << ACCEPT_METADATA, "zip-xml", "application/zip", OF_XML,
     "application/zip; type=\"application/dicom+xml\"", "one ZIP archive of metadata as XML and its bulk data"},
    {ACCEPT_MULTIPART, ALL, "related", "multipart/related", OF_DICOM, "multipart/related; type=\"application/dicom\"",
     "DICOM files as the parts of one message: the default, which */* selects"},
    {ACCEPT_DICOM, 1u << ACCEPT_SINGLE, "dicom", "application/dicom", NULL, "application/dicom",
     "one DICOM file: of a single instance only"},
    {ACCEPT_TABLE_CSV, ALL | 1u << ACCEPT_SEARCH, "csv", "text/csv", NULL, "text/csv",
     "names, UIDs, sizes and CRC-32 of the files that the archive holds; of a search, its results"},
    {ACCEPT_TABLE_JSON, ALL, "json", "application/json", NULL, "application/json", "the same as an array of objects"},
    {ACCEPT_OCTETS_MULTIPART, 1u << ACCEPT_BULKDATA, "octets-related", "multipart/related", OF_OCTETS,
     "multipart/related; type=\"application/octet-stream\"",
     "the value of one element as the one part of a message: of bulk data only, the default there"},
    {ACCEPT_OCTETS, 1u << ACCEPT_BULKDATA, "octets", "application/octet-stream", NULL, "application/octet-stream",
     "the value of one element: of bulk data only"},
    {ACCEPT_METADATA_JSON, 1u << ACCEPT_METADATA | 1u << ACCEPT_SEARCH, "metadata-json", "application/dicom+json", NULL,
     "application/dicom+json",
     "an array of data sets without bulk data (PS3.18 F.2): of metadata and searches only, the default"},
    {ACCEPT_METADATA_PLAIN, 1u << ACCEPT_METADATA | 1u << ACCEPT_SEARCH | 1u << ACCEPT_COUNT, "metadata-plain",
     "application/json", NULL, "application/json",
     "the same array by its general media type: of metadata and searches only, with the number of their results"},
    {ACCEPT_METADATA_XML, 1u << ACCEPT_METADATA | 1u << ACCEPT_SEARCH, "metadata-xml", "multipart/related", OF_XML,
     "multipart/related; type=\"application/dicom+xml\"", "the same as documents of PS3.19 A.1: of metadata and searches only"},
};

const struct offer *offer_at(size_t i)
{
    return i < sizeof offered / sizeof *offered ? &offered[i] : NULL;
}

static const struct offer *offer_find(enum accept_media media)
{
    const struct offer *o = offered;

    while (o->media != media)
        o++;
    return o;
}

const char *offer_name(enum accept_media media)
{
    return offer_find(media)->name;
}

const char *offer_type(enum accept_media media)
{
    return offer_find(media)->type;
}

const char *offer_words(enum accept_category category)
{
    static const char *const words[] = {
        [ACCEPT_CONTAINER] = "application/zip, multipart/related; type=\"application/dicom\"; " PACKAGES "; and tables of"
                             " what these hold: text/csv, application/json",
        [ACCEPT_SINGLE] = "application/dicom, application/zip, multipart/related; type=\"application/dicom\"; " PACKAGES
                          "; and tables of what these hold: text/csv, application/json",
        [ACCEPT_BULKDATA] = "multipart/related; type=\"application/octet-stream\", application/octet-stream",
        [ACCEPT_METADATA] = "application/dicom+json (also as application/json), " XML_PARTS "; " PACKAGES,
        [ACCEPT_SEARCH] = "application/dicom+json (also as application/json), " XML_PARTS ", text/csv, application/zip",
        [ACCEPT_COUNT] = "application/json",
    };

    return words[category];
}
