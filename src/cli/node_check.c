/* SPDX-License-Identifier: MIT */
#include "cli/node_check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "helper/helper_pool.h"

#define RESUMED \
    " here, so a download that is resumed on another node starts again; install the same libraries\n"

static void look_at_compressor(const char *indexed_by)
{
    const char *here = deflate_identity();

    if (*indexed_by && strcmp(indexed_by, here) != 0)
        printf(
            "note compressor: %s; the node that indexed last has %s: deflated archives have other bytes and entity tags"
            RESUMED,
            here, indexed_by);
}

/* A process that does not start is reported by self_check(). */
static void look_at_codecs(const struct conf *c, uint32_t indexed_by)
{
    struct helper_setup setup = helper_setup_of(c);
    struct helper_pool *pool = NULL;
    struct err e = ERR_INIT;
    uint32_t here = 0;

    setup.children = 1;
    if (helper_pool_open(&setup, &pool, &e) == 0 &&
        helper_pool_codec_version(pool, &here, &e) == 0 && here != indexed_by)
        printf(
            "note codecs: wadozip-dicom version gives conversions %" PRIu32 ", on the node that indexed last %" PRIu32
            ": converted archives have no recorded sizes and other entity tags" RESUMED,
            here, indexed_by);
    helper_pool_close(pool);
}

void node_check(const struct conf *c, const struct migrate_rights *others)
{
    look_at_compressor(others->compressor);
    if (others->codec_version)
        look_at_codecs(c, others->codec_version);
    if (*others->versions)
        printf("note versions: this is wadozip " WADOZIP_VERSION
               "; %s are connected, too: their archives have other entity tags; install one version on all nodes\n",
               others->versions);
}
