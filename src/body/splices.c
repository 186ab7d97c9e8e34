/* SPDX-License-Identifier: MIT */
#include "body/splices.h"

#include <stdlib.h>

#include "base/io.h"

void splices_release(struct splices *s)
{
    if (!s->of)
        return;
    io_close(&s->fd);
    free(s->of);
    *s = (struct splices){0};
}
