/* SPDX-License-Identifier: MIT */
/*
 * Offered representations: one row each, with the resources that support it.
 * Used by capabilities and the bodies of 406 responses.
 */
#ifndef WADOZIP_HTTP_OFFER_H
#define WADOZIP_HTTP_OFFER_H

#include <stddef.h>

#include "dicom/representation.h"
#include "http/accept_media.h"

/* What a representation allows besides. */
enum offer_allowance {
    OFFER_TABLE = 1,  /* it lists the instances instead of holding them; nothing of them is read */
    OFFER_EXTRAS = 2, /* the query parameters manifest and dicomdir */
    OFFER_CODING = 4  /* a client that takes gzip gets the body compressed */
};

/* One row per representation. Rows of a category are in the order in which its
 * capabilities list them. */
struct offer {
    enum accept_media media;
    unsigned categories; /* bits of enum accept_category: the resources that support it */
    const char *id;      /* id of its representation in the capabilities */
    const char *name;    /* without parameters */
    const char *content; /* value of the parameter type, or null */
    const char *type;    /* as in an Accept header */
    /* as in Content-Type; a multipart type gets its boundary, null: the name */
    const char *sent;
    const char *ending;  /* of file names */
    enum plan_content holds;
    enum plan_framing framing;
    unsigned allows; /* bits of enum offer_allowance */
    const char *help;
};

/* Return row i, from 0; null after the last. */
const struct offer *offer_at(size_t i);

/* Return the row of a representation, an empty one if it is not in the table.
 */
const struct offer *offer_of(enum accept_media media);

/* Return the media types of a kind of resource as text. */
const char *offer_words(enum accept_category category);

/* Return "application/zip" etc. without parameters, or with the parameters of
 * an Accept header. */
const char *offer_name(enum accept_media media);
const char *offer_type(enum accept_media media);

#endif
