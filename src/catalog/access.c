/* SPDX-License-Identifier: MIT */
#include "catalog/access.h"

#include "catalog/catalog.h"

int access_check(const struct conf *c, const struct request *r, struct err *e)
{
    switch (c->access) {
    case CONF_ACCESS_ALL:
        return 0;
    case CONF_ACCESS_USER:
        if (r->user && *r->user)
            return 0;
        return err_set(e, ERR_AUTH, "this service answers only to users whom the web server has authenticated");
    case CONF_ACCESS_NONE:
        break;
    }
    return err_set(e, ERR_NOT_FOUND, "%s", CATALOG_NOTHING);
}
