/* SPDX-License-Identifier: MIT */
/* Pages of a list of objects: a byte that chooses a root with or without a prefix,
 * then the text. Paths are beneath the root and ascend. */
#include "store/s3_page.h"

#include <assert.h>

#include "standalone.h"

static int check(void *ctx, const char *path, const struct s3_meta *meta, struct err *e)
{
    char *last = ctx;

    (void)e;
    assert(*path && path[strlen(path) - 1] != '/');
    assert(strcmp(last, path) < 0);
    assert(strlen(meta->etag) < sizeof meta->etag);
    snprintf(last, S3_PAGE_TEXT_MAX, "%s", path);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct s3 s = {.prefix = (char *)(size && data[0] & 1 ? "p" : "")};
    char last[S3_PAGE_TEXT_MAX] = "", *text;
    struct s3_page p = {.s3 = &s, .each = check, .ctx = last};
    struct err e = ERR_INIT;

    if (size < 1)
        return 0;
    text = malloc(size); /* without a byte more: reads beyond it are found */
    assert(text);
    memcpy(text, data + 1, size - 1);
    if (s3_page_parse(&p, text, size - 1, &e) == 0)
        assert(!e.kind && (*s.prefix || strcmp(last, p.last) <= 0));
    else
        assert(e.kind && *e.text);
    free(text);
    return 0;
}
