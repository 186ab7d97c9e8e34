/* SPDX-License-Identifier: MIT */
/* Addresses of links: /s/TOKEN, /s/TOKEN/archive.zip (manifest.zip,
 * dicomdir.zip), /s/TOKEN/studies/...; after /k/KEY the same without a
 * passcode. Pure. */
#ifndef WADOZIP_LINK_LINK_PATH_H
#define WADOZIP_LINK_LINK_PATH_H

#include "base/buf.h"
#include "conf/conf.h"
#include "base/mem.h"
#include "base/secret.h"

enum link_resource { LINK_NONE, LINK_PAGE, LINK_ARCHIVE, LINK_DICOMWEB };

/* Forms of the archive: as the link was made, with MANIFEST.sha256, or with a
 * DICOMDIR. */
enum link_form { LINK_AS_MADE, LINK_MANIFEST, LINK_MEDIUM };

struct link_path {
    char token[SECRET_TOKEN + 1];
    char key[SECRET_MAC]; /* "": the address has no key */
    const char *base;     /* path up to the token, in the arena */
    enum link_form form;  /* of LINK_ARCHIVE */
    enum link_resource resource; /* LINK_NONE: there is no such resource of a link */
};

/* Parse the path of a request, with or without a query. *is_link: it has a
 * segment "s" and a token after it, before "studies". Fails with ERR_MEMORY. */
int link_path_parse(const char *uri, struct mem *m, struct link_path *out, bool *is_link,
                    struct err *e) MUST_CHECK;

/* Append the address of a link: the setting link_url, or /s on the host of
 * public_url, or on `origin` (scheme, host and a proxy's prefix, "" for a
 * path), and the token. */
void link_path_address(const struct conf *c, const char *origin, const char *token,
                       struct buf *out);

#endif
