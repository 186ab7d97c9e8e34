/* SPDX-License-Identifier: MIT */
/* Fields of a proxy: Forwarded or X-Forwarded-For, a zero byte,
 * X-Forwarded-Host, a zero byte, X-Forwarded-Prefix. Whatever comes in, what
 * comes out is an address, a host and a path that can stand in an answer. */
#include "http/forwarded.h"

#include <arpa/inet.h>
#include <assert.h>
#include <string.h>

#include "http/origin.h"
#include "standalone.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = calloc(1, size + 4), *end = text + size;
    const char *part[3], *prefix;
    struct in6_addr any;
    struct err e = ERR_INIT;
    struct mem m;

    if (!text)
        return 0;
    memcpy(text, data, size);
    part[0] = text;
    for (int i = 1; i < 3; i++)
        part[i] =
            part[i - 1] + strlen(part[i - 1]) < end ? part[i - 1] + strlen(part[i - 1]) + 1 : end;
    for (int list = 0; list < 2; list++) {
        struct request_in in = {.remote_addr = "10.0.0.5",
                                .host = "inner",
                                .forwarded = list ? NULL : part[0],
                                .forwarded_for = part[0],
                                .forwarded_host = part[1],
                                .forwarded_prefix = part[2]};

        mem_init(&m, (size_t)1 << 20);
        if (forwarded_apply(&in, "10.0.0.5", &m, &prefix, &e) == 0) {
            assert(origin_is_host(in.host));
            assert(inet_pton(AF_INET, in.remote_addr, &any) == 1 ||
                   inet_pton(AF_INET6, in.remote_addr, &any) == 1);
            assert(!*prefix || (prefix[0] == '/' && prefix[strlen(prefix) - 1] != '/' &&
                                !strpbrk(prefix, "\"<>?# \\")));
        }
        mem_reset(&m);
    }
    free(text);
    return 0;
}
