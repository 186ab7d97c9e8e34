/* SPDX-License-Identifier: MIT */
#include "limit/token_bucket.h"

bool token_bucket_is_full(uint64_t full_at, uint64_t now)
{
    return full_at <= now || full_at - now > TOKEN_BUCKET_WINDOW;
}

uint64_t token_bucket_take(uint64_t size, uint64_t *full_at, uint64_t now)
{
    uint64_t token = TOKEN_BUCKET_WINDOW / size;
    uint64_t missing = token_bucket_is_full(*full_at, now) ? 0 : *full_at - now;

    if (missing + token > TOKEN_BUCKET_WINDOW)
        return missing + token - TOKEN_BUCKET_WINDOW;
    *full_at = now + missing + token;
    return 0;
}
