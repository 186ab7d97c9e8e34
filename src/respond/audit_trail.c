/* SPDX-License-Identifier: MIT */
#include "respond/audit_trail.h"

#include <string.h>
#include <time.h>

#include "base/sink.h"
#include "rights/audit.h"
#include "respond/metrics.h"

#define RESOURCE_MAX 96

/* An entry and the text that it points to. */
struct trail {
    struct audit_entry entry;
    char who[RESPONSE_WHO_MAX], resource[RESOURCE_MAX];
};

static bool is_recorded(const struct response *a)
{
    const struct request *r = &a->request;

    return a->s->service && !a->unrecorded && r->method == REQUEST_GET &&
           (r->study[0] || r->search || r->collection) && !a->link.page;
}

static void name_resource(const struct request *r, char out[RESOURCE_MAX])
{
    static const char *const searched[] = {"studies", "series", "instances"};

    if (r->search)
        snprintf(out, RESOURCE_MAX, "search %s", searched[r->search->level]);
    else if (r->collection)
        snprintf(out, RESOURCE_MAX, "collection %s", r->collection);
    else if (r->level == REQUEST_INSTANCE)
        snprintf(out, RESOURCE_MAX, "instance %s", r->instance);
    else if (r->level == REQUEST_SERIES)
        snprintf(out, RESOURCE_MAX, "series %s", r->series);
    else
        snprintf(out, RESOURCE_MAX, "study %s", r->study);
}

/* Bytes of the body that the system has accepted. */
static uint64_t body_bytes(const struct response *a)
{
    uint64_t head = a->head.len + a->cors.len;

    return a->wire->sent > head ? a->wire->sent - head : 0;
}

/* A request that is refused has not chosen a representation. */
static bool is_search(const struct response *a)
{
    const struct accept_item *item = a->item ? a->item : &a->request.accept.items[0];

    return a->request.search && item->media != ACCEPT_ZIP;
}

static void describe_entry(const struct response *a, struct trail *t)
{
    const struct request *r = &a->request;
    bool search = is_search(a);
    enum metrics_form form = search ? METRICS_SEARCH : response_form(a);
    struct timespec now;
    char *user;

    clock_gettime(CLOCK_REALTIME, &now);
    snprintf(t->who, sizeof t->who, "%s", a->who[0] ? a->who : "- -");
    user = t->who + strcspn(t->who, " ");
    if (*user)
        *user++ = '\0';
    name_resource(r, t->resource);
    t->entry = (struct audit_entry){
        .at = (double)now.tv_sec + (double)now.tv_nsec / 1e9,
        .who = user,
        .client = t->who,
        .act = search ? "search" : "retrieve",
        .resource = t->resource,
        .content = metrics_form_name(form),
        .tag = a->retrieval.progress.etag,
        .length = a->retrieval.progress.length_known ? a->retrieval.progress.length : 0,
        .status = a->status,
        .study = r->collection || r->search ? "" : r->study,
        .profile = a->profile ? a->profile->name : "",
        .request = a->id};
}

static void audit_trail_put(struct response *a, const struct audit_entry *entry)
{
    const struct conf *c = a->s->conf;
    /* The forwarder deletes old entries. */
    bool kept = conf_audit_receiver(c) != NULL;
    const struct audit_setup setup = {
        .spool = c->spool, .service = a->s->service, .days = kept ? 0 : (unsigned)c->audit_days};

    audit_record(a->s->tools.catalog, &setup, entry);
}

void audit_trail_begin(struct response *a)
{
    struct trail t;

    if (!is_recorded(a) || !a->retrieval.progress.length_known ||
        a->retrieval.progress.length <= SINK_BUFFER)
        return;
    describe_entry(a, &t);
    t.entry.begun = true;
    t.entry.outcome = "begun";
    audit_trail_put(a, &t.entry);
    a->announced = true;
}

void audit_trail_end(struct response *a, const struct err *why)
{
    struct trail t;

    if (!is_recorded(a) || a->status == 304)
        return;
    describe_entry(a, &t);
    t.entry.announced = a->announced;
    if (a->status >= 400 || (why->kind && !a->announced && !a->wire->sent)) {
        t.entry.outcome = "refused";
    } else {
        t.entry.bytes = a->xsendfile.value.len && !why->kind ? t.entry.length : body_bytes(a);
        t.entry.outcome = why->kind ? "aborted" : a->status == 206 ? "partial" : "complete";
    }
    audit_trail_put(a, &t.entry);
}
