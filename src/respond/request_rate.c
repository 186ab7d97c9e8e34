/* SPDX-License-Identifier: MIT */
#include "respond/request_rate.h"

#include <string.h>

#include "base/io.h"
#include "base/log.h"

static int count_for(struct response *a, uint64_t number, uint64_t most, const char *whose,
                     struct err *e)
{
    struct err why = ERR_INIT;
    bool first;
    int seconds = request_limit_take(&a->s->requests, number, most, io_now(), &first, &why);

    if (seconds < 0)
        log_warn("requests are not limited: %s", why.text);
    if (seconds <= 0)
        return 0;
    a->retry_after = (unsigned)seconds;
    a->unrecorded = !first;
    return err_set(e, ERR_TOO_MANY,
                   "%s has made %llu requests within a minute, which is as many as one may make",
                   whose, (unsigned long long)most);
}

static int count_both(struct response *a, const char *user, struct err *e)
{
    const struct conf *c = a->s->conf;

    if (count_for(a, a->client, c->max_requests_per_client, "your address", e))
        return -1;
    return user && *user ? count_for(a, request_limit_number(user), c->max_requests_per_user,
                                     "this user", e)
                         : 0;
}

int request_rate_check(struct response *a, const struct request_in *in, struct err *e)
{
    struct err unused = ERR_INIT;

    if (in->method && strcmp(in->method, "OPTIONS") == 0)
        return 0;
    if (count_both(a, in->remote_user, e) == 0)
        return 0;
    (void)!request_parse(in, &a->s->mem, &a->request, &unused); /* for the audit */
    if (in->method && strcmp(in->method, "HEAD") == 0)
        a->request.method = REQUEST_HEAD;
    return -1;
}
