/* SPDX-License-Identifier: MIT */
/*
 * Offered representations: one row each, with the resources that support it.
 * Used by capabilities and the bodies of 406 responses.
 */
#ifndef WADOZIP_HTTP_OFFER_H
#define WADOZIP_HTTP_OFFER_H

#include "http/accept.h"

struct offer {
    enum accept_media media;
    unsigned categories; /* bits of enum accept_category: the resources that support it */
    const char *id;      /* id of its representation in the capabilities */
    const char *name;    /* without parameters */
    const char *content; /* value of the parameter type, or null */
    const char *type;    /* as in an Accept header */
    const char *help;
};

/* Return row i, from 0; null after the last. */
const struct offer *offer_at(size_t i);

/* Return the media types of a kind of resource as text. */
const char *offer_words(enum accept_category category);

/* Return "application/zip" etc. without parameters, or with the parameters of an Accept header. */
const char *offer_name(enum accept_media media);
const char *offer_type(enum accept_media media);

#endif
