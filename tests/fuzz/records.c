/* SPDX-License-Identifier: MIT */
/* FastCGI records: a byte that says how the rest is cut, then what a web server
 * sends. Either an error is reported or the variables are complete strings, within
 * the limits, of the bytes that came. */
#include "fastcgi/records.h"

#include <assert.h>
#include <string.h>

#include "standalone.h"

static void check(const struct records *r, size_t size)
{
    size_t count = 0, bytes = 0;

    assert(r->stage >= RECORDS_INPUT || !r->envp);
    for (; r->envp && r->envp[count]; count++) {
        assert(strchr(r->envp[count], '='));
        bytes += strlen(r->envp[count]);
    }
    assert(count <= RECORDS_PAIRS_MAX && bytes <= size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct records r;
    struct err e = ERR_INIT;
    size_t piece = size ? (size_t)data[0] + 1 : 1;
    int rc = 0;

    records_init(&r);
    for (size_t at = 1; rc == 0 && at < size; at += piece)
        rc = records_take(&r, data + at, piece < size - at ? piece : size - at, &e);
    assert(rc == 0 || e.kind == ERR_REQUEST || e.kind == ERR_PEER || e.kind == ERR_MEMORY);
    if (rc == 0)
        check(&r, size);
    records_release(&r);
    return 0;
}
