/* SPDX-License-Identifier: MIT */
#include "retrieve/retrieve_headers.h"

#include "body/splice.h"
#include "body/splice_table.h"

int retrieve_headers(struct retrieval *r, struct err *e)
{
    const char *spool = r->tools->conf->spool;

    if (!splice_due(&r->content) || splice_table_get(&r->content, r->tools->spool_cache, spool))
        return 0;
    if (splice_make(&r->content, spool, e))
        return -1;
    splice_table_put(&r->content, r->tools->spool_cache, spool);
    return 0;
}
