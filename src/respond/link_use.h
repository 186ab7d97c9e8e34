/* SPDX-License-Identifier: MIT */
/* The link that a request uses (link_response.h). */
#ifndef WADOZIP_RESPOND_LINK_USE_H
#define WADOZIP_RESPOND_LINK_USE_H

#include "link/link_path.h"
#include "link/link_text.h"
#include "rights/links.h"

struct link_use {
    /* the request is for a resource of a link, which is valid and open to the
     * client */
    bool active;
    bool page;         /* the page is wanted: the archive is only measured */
    bool ends;         /* the response has the last byte of the archive */
    enum link_language language; /* of pages */
    bool secure;       /* the client uses TLS */
    struct link_path path;
    const char *address; /* path of the link as the client sees it, behind a proxy, too */
    const char *service; /* of the page: the same with scheme and host */
    struct link link;
    struct link_contents contents;
};

#endif
