/* SPDX-License-Identifier: MIT */
/* Pages of links for browsers: static HTML without scripts and without requests
 * to other sites. Pure. */
#ifndef WADOZIP_LINK_LINK_PAGE_H
#define WADOZIP_LINK_LINK_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "link/link_text.h"

enum link_page_kind {
    LINK_PAGE_CONTENTS, /* the contents of the link, and the download */
    LINK_PAGE_PASSCODE, /* a form that asks for the passcode */
    LINK_PAGE_WRONG,    /* the same after a wrong one */
    LINK_PAGE_PROBLEM   /* why the link is refused */
};

#define LINK_PAGE_NONCE 32 /* characters */

struct link_page {
    enum link_page_kind kind;
    const char *nonce;     /* of the style sheet, for the header field */
    const char *label;     /* UTF-8; "": none */
    enum link_language language;
    enum link_text problem; /* for LINK_PAGE_PROBLEM: a sentence */
    const char *base;      /* path of the link */
    const char *service;   /* address of the link for programs, with scheme and host */
    const char *download;  /* path of the archive, up to its name */
    uint64_t studies, instances, bytes;
    bool exact;            /* bytes is the length of the archive, else of the files as stored */
    bool dicomdir, counted;
    const char *sha256;    /* of the archive in hexadecimal digits; "": not known */
    int64_t expires;       /* Unix seconds */
};

/* Append the page. */
void link_page_write(const struct link_page *p, struct buf *out);

/* Append the value of Content-Security-Policy for a page with this nonce. */
void link_page_policy(const char *nonce, struct buf *out);

#endif
