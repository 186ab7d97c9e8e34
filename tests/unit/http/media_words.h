/* SPDX-License-Identifier: MIT */
/* The words for representations in tests/tables/accept.tsv and request.tsv. */
#ifndef WADOZIP_TESTS_UNIT_HTTP_MEDIA_WORDS_H
#define WADOZIP_TESTS_UNIT_HTTP_MEDIA_WORDS_H

#include "http/accept_media.h"

static const char *const media_words[] = {
    [ACCEPT_ZIP] = "zip", [ACCEPT_MULTIPART] = "multipart", [ACCEPT_DICOM] = "dicom",
    [ACCEPT_TABLE_CSV] = "csv", [ACCEPT_TABLE_JSON] = "json", [ACCEPT_OCTETS] = "octets",
    [ACCEPT_OCTETS_MULTIPART] = "octets-multipart", [ACCEPT_METADATA_JSON] = "metadata-json",
    [ACCEPT_METADATA_PLAIN] = "metadata-plain",
    [ACCEPT_METADATA_XML] = "metadata-xml", [ACCEPT_ZIP_JSON] = "zip-json",
    [ACCEPT_ZIP_XML] = "zip-xml"};

#endif
