/* SPDX-License-Identifier: MIT */
#include "body/splices.h"

#include <stdlib.h>

#include "base/deflate.h"
#include "base/io.h"

void splices_release(struct splices *s)
{
    if (!s->of)
        return;
    io_close(&s->fd);
    deflate_close(s->deflate);
    free(s->of);
    *s = (struct splices){0};
}
