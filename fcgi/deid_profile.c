/* SPDX-License-Identifier: MIT */
#include "fcgi/deid_profile.h"

#include <string.h>

#include "base/log.h"
#include "catalog/collection.h"
#include "http/offer.h"
#include "respond/search_deid.h"
#include "retrieve/deid_original.h"

#define NAMES_MAX 400 /* bytes of a list of profiles */

static int refuse_unknown(const struct conf_deid_set *c, const char *name, struct err *e)
{
    char names[NAMES_MAX] = "";
    size_t len = 0;

    for (size_t i = 0; i < c->count && len < sizeof names - CONF_DEID_NAME_MAX - 3; i++)
        len += (size_t)snprintf(names + len, sizeof names - len, "%s%s", len ? ", " : "",
                                c->of[i].name);
    return err_set(e, ERR_REQUEST, "there is no profile of de-identification \"%.32s\", but: %s",
                   name, names);
}

/* A collection that was frozen with a profile is sent only so. */
static int take_profile_of_collection(struct response *a, struct err *e)
{
    struct request *r = &a->request;

    if (!r->collection)
        return 0;
    if (collection_profile(a->s->tools.catalog, r->collection, a->bound, e))
        return -1;
    if (*a->bound && r->deidentify && strcmp(r->deidentify, a->bound) != 0)
        return err_set(e, ERR_REQUEST,
                       "the collection is sent by its own profile of de-identification only: leave"
                       " deidentify out");
    if (*a->bound)
        r->deidentify = a->bound;
    return 0;
}

/* Leave what is made of instances: search results and lists of addresses name
 * the original UIDs. Lists of a collection's archives stay if the addresses lead
 * to nothing else. */
static int keep_instances(struct request *r, bool bound, struct err *e)
{
    struct accept_list *l = &r->accept;
    size_t kept = 0;

    for (size_t i = 0; i < l->count; i++) {
        bool list = accept_is_archive_list(l->items[i].media);

        if ((!list || bound) && (!r->search || l->items[i].media == ACCEPT_ZIP))
            l->items[kept++] = l->items[i];
    }
    l->count = kept;
    return kept ? 0
                : err_set(e, ERR_REQUEST,
                          "lists are not offered de-identified: add accept=application/zip");
}

int deid_profile_begin(struct response *a, struct err *e)
{
    const struct conf_deid_set *profiles = &a->s->conf->deid;
    struct request *r = &a->request;
    const struct conf_deid *found;
    struct err why = ERR_INIT;

    if (take_profile_of_collection(a, e))
        return -1;
    if (!r->deidentify)
        return 0;
    if (!(found = conf_deid_of(profiles, r->deidentify)))
        return refuse_unknown(profiles, r->deidentify, e);
    if (r->method == REQUEST_POST || r->link)
        return err_set(e, ERR_REQUEST,
                       "the query parameter deidentify is for what is retrieved: leave it out");
    if (!r->pixels && !(r->search && a->link.active) && keep_instances(r, *a->bound, e))
        return -1;
    if (deid_key_load(found, &a->loaded, &why) && why.kind == ERR_NOT_FOUND) {
        log_warn(
            "the profile %s has no key: make it with wadozip deid key %s, for the account of the service",
            found->name, found->key);
        return err_set(
            e, ERR_REQUEST,
            "the de-identification profile %s has no key yet: the operator makes it with wadozip"
            " deid key",
            found->name);
    }
    a->profile = why.kind ? NULL : &a->loaded;
    return why.kind ? err_pass(e, &why) : 0;
}

int deid_profile_find(struct response *a, struct err *e)
{
    struct retrieve_tools *t = &a->s->tools;
    const struct deid_finder finder = {t->catalog, a->profile, &t->deid_memory};
    struct request *r = &a->request;

    if (!a->profile)
        return 0;
    if (deid_original_find(&finder, a->link.active,
                           &(const struct deid_original){r->study, r->series, r->instance}, e))
        return -1;
    return r->search && a->link.active ? search_deid_keys(a, e) : 0;
}
