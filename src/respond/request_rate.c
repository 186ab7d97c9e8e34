/* SPDX-License-Identifier: MIT */
#include "respond/request_rate.h"

#include <string.h>

#include "base/io.h"
#include "base/log.h"

static int count_for(struct response *a, uint64_t number, uint64_t most, const char *whose,
                     struct err *e)
{
    struct err why = ERR_INIT;
    int seconds = request_limit_take(&a->s->requests, number, most, io_now(), &why);

    if (seconds < 0)
        log_warn("requests are not limited: %s", why.text);
    if (seconds <= 0)
        return 0;
    a->retry_after = (unsigned)seconds;
    return err_set(e, ERR_TOO_MANY,
                   "%s has made %llu requests within a minute, which is as many as one may make",
                   whose, (unsigned long long)most);
}

int request_rate_check(struct response *a, const struct request_in *in, struct err *e)
{
    const struct conf *c = a->s->conf;
    const char *user = in->remote_user && *in->remote_user ? in->remote_user : NULL;

    if (in->method && strcmp(in->method, "OPTIONS") == 0)
        return 0;
    if (in->method && strcmp(in->method, "HEAD") == 0)
        a->request.method = REQUEST_HEAD;
    if (count_for(a, a->client, c->max_requests_per_client, "your address", e))
        return -1;
    return user ? count_for(a, request_limit_number(user), c->max_requests_per_user, "this user", e)
                : 0;
}
