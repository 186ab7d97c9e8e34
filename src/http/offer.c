#include "http/offer.h"

#define ALL (1u << ACCEPT_CONTAINER | 1u << ACCEPT_SINGLE)

static const struct offer offered[] = {
    {ACCEPT_ZIP, ALL, "zip", "application/zip", "application/zip", "one ZIP archive of DICOM files"},
    {ACCEPT_MULTIPART, ALL, "related", "multipart/related", "multipart/related; type=\"application/dicom\"",
     "DICOM files as the parts of one message: the default, which */* selects"},
    {ACCEPT_DICOM, 1u << ACCEPT_SINGLE, "dicom", "application/dicom", "application/dicom",
     "one DICOM file: of a single instance only"},
    {ACCEPT_TABLE_CSV, ALL, "csv", "text/csv", "text/csv",
     "names, UIDs, sizes and CRC-32 of the files that the archive holds"},
    {ACCEPT_TABLE_JSON, ALL, "json", "application/json", "application/json", "the same as an array of objects"},
};

const struct offer *offer_at(size_t i)
{
    return i < sizeof offered / sizeof *offered ? &offered[i] : NULL;
}

const char *offer_name(enum accept_media media)
{
    size_t i = 0;

    while (offered[i].media != media)
        i++;
    return offered[i].name;
}
