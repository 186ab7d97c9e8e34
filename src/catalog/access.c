/* SPDX-License-Identifier: MIT */
#include "catalog/access.h"

#include "catalog/catalog.h"

int access_check(const struct conf *c, const struct request *r, struct err *e)
{
    if (strcmp(c->access, "all") == 0)
        return 0;
    if (strcmp(c->access, "user") == 0) {
        if (r->user && *r->user)
            return 0;
        return err_set(e, ERR_AUTH, "this service answers only to users whom the web server has authenticated");
    }
    return err_set(e, ERR_NOT_FOUND, "%s", CATALOG_NOTHING);
}
