/* SPDX-License-Identifier: MIT */
#include "respond/status_page.h"

#include <string.h>

#include "base/log.h"
#include "base/net.h"
#include "catalog/catalog.h"
#include "respond/metrics.h"

#define BODY_MAX ((size_t)256 << 10)
#define NODE_MAX 64 /* bytes of an address */

static bool ends_with(const char *s, size_t len, const char *end)
{
    size_t n = strlen(end);

    return len >= n && memcmp(s + len - n, end, n) == 0;
}

/* Addresses below /studies are resources, also if their last segment is a
 * page's name. */
static enum status_page page_of(const char *path)
{
    size_t len = strcspn(path, "?");

    if (strstr(path, "/studies/"))
        return STATUS_PAGE_NONE;
    if (ends_with(path, len, "/health"))
        return STATUS_PAGE_HEALTH;
    return ends_with(path, len, "/metrics") ? STATUS_PAGE_METRICS : STATUS_PAGE_NONE;
}

/* Check every address of X-Forwarded-For: any of them may be the client. */
static bool all_listed(const char *field, const char *clients)
{
    while (*field) {
        size_t len = strcspn(field, ",");
        char address[NODE_MAX];
        int used = snprintf(address, sizeof address, "%.*s", (int)(len < NODE_MAX ? len : NODE_MAX),
                            field);
        char *start = address + strspn(address, " \t");

        if (used >= NODE_MAX)
            return false;
        start[strcspn(start, " \t")] = '\0';
        if (!net_list_has(clients, start))
            return false;
        field += len + (field[len] == ',');
    }
    return true;
}

static bool may_read(const struct request_in *in, const char *clients)
{
    if (strcmp(clients, "none") == 0 || !in->remote_addr || !net_list_has(clients, in->remote_addr))
        return false;
    return !in->forwarded && (!in->forwarded_for || all_listed(in->forwarded_for, clients));
}

enum status_page status_page_of(const struct request_in *in, const char *clients)
{
    bool reads = in->method && (strcmp(in->method, "GET") == 0 || strcmp(in->method, "HEAD") == 0);
    const char *path = in->uri ? in->uri : in->path_info ? in->path_info : "";
    enum status_page page = reads ? page_of(path) : STATUS_PAGE_NONE;

    return page != STATUS_PAGE_NONE && may_read(in, clients) ? page : STATUS_PAGE_NONE;
}

/* Write the body of /health. Returns the status. */
static int check_health(struct response *a, struct buf *body)
{
    struct err why = ERR_INIT;

    if (catalog_check(a->s->tools.catalog, &why) == 0) {
        buf_str(body, "ok\n");
        return 200;
    }
    log_warn("health: %s", why.text);
    buf_printf(body, "%s\n", why.kind == ERR_AWAY ? "the database cannot be reached"
                                                  : "the catalogue cannot be used: see the log");
    return 503;
}

static int put_page(struct response *a, const struct buf *body, const char *type, bool head,
                    struct err *e)
{
    if (buf_check(body, "a status page", e))
        return -1;
    buf_printf(
        &a->head,
        "Status: %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n\r\n",
        a->status, a->status == 200 ? "OK" : "Service Unavailable", type, body->len);
    if (!head)
        buf_add(&a->head, body->data, body->len);
    return buf_check(&a->head, "a status page", e) || response_put_head(a, e) ? -1 : 0;
}

int status_page_serve(struct response *a, enum status_page page, bool head, struct err *e)
{
    struct buf body;
    int rc;

    buf_init(&body, BODY_MAX);
    a->status = 200;
    a->request.method = head ? REQUEST_HEAD : REQUEST_GET;
    if (page == STATUS_PAGE_METRICS)
        metrics_write(&body);
    else
        a->status = check_health(a, &body);
    rc = put_page(a, &body,
                  page == STATUS_PAGE_METRICS ? "text/plain; version=0.0.4; charset=utf-8"
                                              : "text/plain",
                  head, e);
    buf_release(&body);
    return rc;
}
