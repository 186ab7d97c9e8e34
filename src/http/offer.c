/* SPDX-License-Identifier: MIT */
#include "http/offer.h"

#include "http/croissant.h"

#define ALL (1u << ACCEPT_CONTAINER | 1u << ACCEPT_SINGLE)
#define ARCHIVED (ALL | 1u << ACCEPT_SEARCH | 1u << ACCEPT_COLLECTION)
#define OF_DICOM "application/dicom"
#define OF_OCTETS "application/octet-stream"
#define OCTET_PARTS TYPED(RELATED, OF_OCTETS)
#define FRAME_TYPES \
    "image/jpeg, image/jls, image/jp2, image/jpx, image/jphc, image/jxl, image/dicom-rle, video/mp4, video/mpeg"
#define OF_JSON "application/dicom+json"
#define OF_XML "application/dicom+xml"
#define XML_PARTS "multipart/related; type=\"" OF_XML "\""
#define RELATED "multipart/related"
#define TYPED(name, content) name "; type=\"" content "\""
#define PACKAGES \
    "metadata with its bulk data: application/zip; type=\"application/dicom+json\", application/zip; type=\"" OF_XML \
    "\""

static const struct offer offered[] = {
    {.media = ACCEPT_ZIP,
     .categories = ARCHIVED,
     .id = "zip",
     .name = "application/zip",
     .content = OF_DICOM,
     .type = "application/zip",
     .ending = ".zip",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_ZIP,
     .allows = OFFER_EXTRAS,
     .help = "one ZIP archive of DICOM files"},
    {.media = ACCEPT_ZIP_JSON,
     .categories = ALL | 1u << ACCEPT_METADATA,
     .id = "zip-json",
     .name = "application/zip",
     .content = OF_JSON,
     .type = TYPED("application/zip", OF_JSON),
     .sent = TYPED("application/zip", OF_JSON),
     .ending = ".zip",
     .holds = PLAN_PACKAGE_JSON,
     .framing = PLAN_ZIP,
     .help = "one ZIP archive of metadata as JSON and its bulk data"},
    {.media = ACCEPT_ZIP_XML,
     .categories = ALL | 1u << ACCEPT_METADATA,
     .id = "zip-xml",
     .name = "application/zip",
     .content = OF_XML,
     .type = TYPED("application/zip", OF_XML),
     .sent = TYPED("application/zip", OF_XML),
     .ending = ".zip",
     .holds = PLAN_PACKAGE_XML,
     .framing = PLAN_ZIP,
     .help = "one ZIP archive of metadata as XML and its bulk data"},
    {.media = ACCEPT_MULTIPART,
     .categories = ALL,
     .id = "related",
     .name = RELATED,
     .content = OF_DICOM,
     .type = TYPED(RELATED, OF_DICOM),
     .ending = ".multipart",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_MULTIPART,
     .help = "DICOM files as the parts of one message: the default, which */* selects"},
    {.media = ACCEPT_DICOM,
     .categories = 1u << ACCEPT_SINGLE,
     .id = "dicom",
     .name = OF_DICOM,
     .type = OF_DICOM,
     .ending = ".dcm",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_SINGLE,
     .help = "one DICOM file: of a single instance only"},
    {.media = ACCEPT_TABLE_CSV,
     .categories = ARCHIVED,
     .id = "csv",
     .name = "text/csv",
     .type = "text/csv",
     .sent = "text/csv; charset=utf-8; header=present" /* RFC 4180 3 */,
     .ending = ".csv",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_ZIP,
     .allows = OFFER_TABLE,
     .help =
         "names, UIDs, sizes and CRC-32 of the files that the archive holds; of a search, its results"},
    {.media = ACCEPT_TABLE_JSON,
     .categories = ALL | 1u << ACCEPT_COLLECTION,
     .id = "json",
     .name = "application/json",
     .type = "application/json",
     .ending = ".json",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_ZIP,
     .allows = OFFER_TABLE,
     .help = "the same as an array of objects"},
    {.media = ACCEPT_OCTETS_MULTIPART,
     .categories = 1u << ACCEPT_BULKDATA | 1u << ACCEPT_FRAMES,
     .id = "octets-related",
     .name = RELATED,
     .content = OF_OCTETS,
     .type = OCTET_PARTS,
     .ending = ".multipart",
     .holds = PLAN_BULKDATA,
     .framing = PLAN_MULTIPART,
     .help =
         "the value of one element, or frames, as parts of a message: of bulk data and frames only, the default there"},
    {.media = ACCEPT_OCTETS,
     .categories = 1u << ACCEPT_BULKDATA | 1u << ACCEPT_FRAMES,
     .id = "octets",
     .name = OF_OCTETS,
     .type = OF_OCTETS,
     .ending = ".raw",
     .holds = PLAN_BULKDATA,
     .framing = PLAN_SINGLE,
     .help = "the value of one element, or one frame: of bulk data and frames only"},
    {.media = ACCEPT_STORED_FRAMES,
     .categories = 1u << ACCEPT_FRAMES,
     .id = "frames-related",
     .name = RELATED,
     .content = OF_OCTETS,
     .type = OCTET_PARTS "; transfer-syntax=*",
     .ending = ".multipart",
     .holds = PLAN_BULKDATA,
     .framing = PLAN_MULTIPART,
     .help = "frames as they are stored; also by their own media type, one frame also as a single part: " FRAME_TYPES},
    {.media = ACCEPT_METADATA_JSON,
     .categories = 1u << ACCEPT_METADATA | 1u << ACCEPT_SEARCH,
     .id = "metadata-json",
     .name = OF_JSON,
     .type = OF_JSON,
     .ending = ".json",
     .holds = PLAN_METADATA_JSON,
     .framing = PLAN_ARRAY,
     .allows = OFFER_CODING,
     .help =
         "an array of data sets without bulk data (PS3.18 F.2): of metadata and searches only, the default"},
    {.media = ACCEPT_METADATA_PLAIN,
     .categories = 1u << ACCEPT_METADATA | 1u << ACCEPT_SEARCH | 1u << ACCEPT_COUNT,
     .id = "metadata-plain",
     .name = "application/json",
     .type = "application/json",
     .ending = ".json",
     .holds = PLAN_METADATA_JSON,
     .framing = PLAN_ARRAY,
     .allows = OFFER_CODING,
     .help =
         "the same array by its general media type: of metadata and searches only, with the number of their results"},
    {.media = ACCEPT_METADATA_XML,
     .categories = 1u << ACCEPT_METADATA | 1u << ACCEPT_SEARCH,
     .id = "metadata-xml",
     .name = RELATED,
     .content = OF_XML,
     .type = TYPED(RELATED, OF_XML),
     .ending = ".multipart",
     .holds = PLAN_METADATA_XML,
     .framing = PLAN_MULTIPART,
     .allows = OFFER_CODING,
     .help = "the same as documents of PS3.19 A.1: of metadata and searches only"},
    {.media = ACCEPT_JPEG,
     .categories = 1u << ACCEPT_RENDERED,
     .id = "jpeg",
     .name = "image/jpeg",
     .type = "image/jpeg",
     .ending = ".jpg",
     .holds = PLAN_BULKDATA,
     .framing = PLAN_SINGLE,
     .help = "a rendered image: the default there"},
    {.media = ACCEPT_PNG,
     .categories = 1u << ACCEPT_RENDERED,
     .id = "png",
     .name = "image/png",
     .type = "image/png",
     .ending = ".png",
     .holds = PLAN_BULKDATA,
     .framing = PLAN_SINGLE,
     .help = "the same without loss"},
    {.media = ACCEPT_URI_LIST,
     .categories = 1u << ACCEPT_COLLECTION,
     .id = "uri-list",
     .name = "text/uri-list",
     .type = "text/uri-list",
     .ending = ".txt",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_ZIP,
     .help = "addresses of the archives of a collection, for wget -i"},
    {.media = ACCEPT_METALINK,
     .categories = 1u << ACCEPT_COLLECTION,
     .id = "metalink",
     .name = "application/metalink4+xml",
     .type = "application/metalink4+xml",
     .ending = ".meta4",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_ZIP,
     .help = "the same with sizes (RFC 5854), for aria2c"},
    {.media = ACCEPT_CROISSANT,
     .categories = 1u << ACCEPT_COLLECTION,
     .id = "croissant",
     .name = "application/ld+json",
     .type = "application/ld+json",
     .sent = "application/ld+json; profile=\"" CROISSANT_VERSION "\"",
     .ending = ".jsonld",
     .holds = PLAN_INSTANCES,
     .framing = PLAN_ZIP,
     .help = "a collection and its archives described as a Croissant 1.0 dataset"},
};

const struct offer *offer_at(size_t i)
{
    return i < sizeof offered / sizeof *offered ? &offered[i] : NULL;
}

const struct offer *offer_of(enum accept_media media)
{
    static const struct offer none = {
        .id = "", .name = "", .type = "", .ending = "", .framing = PLAN_SINGLE, .help = ""};
    const struct offer *o;

    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        if (o->media == media)
            return o;
    return &none;
}

const char *offer_name(enum accept_media media)
{
    return offer_of(media)->name;
}

const char *offer_type(enum accept_media media)
{
    return offer_of(media)->type;
}

const char *offer_words(enum accept_category category)
{
    static const char *const words[] = {
        [ACCEPT_CONTAINER] =
            "application/zip, multipart/related; type=\"application/dicom\"; " PACKAGES
            "; and tables of"
            " what these hold: text/csv, application/json",
        [ACCEPT_SINGLE] =
            "application/dicom, application/zip, multipart/related; type=\"application/dicom\"; " PACKAGES
            "; and tables of what these hold: text/csv, application/json",
        [ACCEPT_BULKDATA] =
            "multipart/related; type=\"application/octet-stream\", application/octet-stream",
        [ACCEPT_METADATA] =
            "application/dicom+json (also as application/json), " XML_PARTS "; " PACKAGES,
        [ACCEPT_SEARCH] = "application/dicom+json (also as application/json), " XML_PARTS
                          ", text/csv, application/zip",
        [ACCEPT_COUNT] = "application/json",
        [ACCEPT_COLLECTION] =
            ("application/zip; tables of what it holds: text/csv, application/json; and the"
             " addresses of its archives: text/uri-list, application/metalink4+xml, application/ld+json"),
        [ACCEPT_FRAMES] =
            OCTET_PARTS ", " OF_OCTETS " (uncompressed); " OCTET_PARTS "; transfer-syntax=*, or the media type in"
                        " which they are stored (" FRAME_TYPES "; as a part, or alone for one frame)",
        [ACCEPT_RENDERED] =
            "image/jpeg, image/png; of PDF documents and videos their own media type",
    };

    return words[category];
}
