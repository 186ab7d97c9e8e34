/* SPDX-License-Identifier: MIT */
#include "respond/link_digest.h"

#include <string.h>

const struct links_archive *link_digest_known(const struct link_use *l, const char *etag)
{
    const struct links_archive *known = &l->link.archive;

    return l->active && etag && strcmp(etag, known->etag) == 0 ? known : NULL;
}

bool link_digest_wanted(const struct link_use *l, const char *etag)
{
    return l->active && l->path.resource == LINK_ARCHIVE && l->path.form == LINK_AS_MADE && etag &&
           !link_digest_known(l, etag);
}
