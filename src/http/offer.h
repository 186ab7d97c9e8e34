/* SPDX-License-Identifier: MIT */
/* What is on offer: a row a representation, with the resources that have it. For capabilities and bodies of 406 answers. */
#ifndef WADOZIP_HTTP_OFFER_H
#define WADOZIP_HTTP_OFFER_H

#include "http/accept.h"

struct offer {
    enum accept_media media;
    unsigned categories; /* bits of enum accept_category: which resources have it */
    const char *id;      /* of its representation in the capabilities */
    const char *name;    /* without parameters */
    const char *content; /* of the parameter type, or null */
    const char *type;    /* as it is written in an Accept header */
    const char *help;
};

/* The i-th of them, from 0; null behind the last. */
const struct offer *offer_at(size_t i);

/* What a kind of resource has, in words. */
const char *offer_words(enum accept_category category);

/* "application/zip" and so on, without parameters; and with that which an Accept header has. */
const char *offer_name(enum accept_media media);
const char *offer_type(enum accept_media media);

#endif
