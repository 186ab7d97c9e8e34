/* SPDX-License-Identifier: MIT */
#include "rights/access.h"

#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "catalog/catalog.h"
#include "catalog/catalog_db.h"
#include "rights/group_file.h"

/* The schema for searches depends on the grants (sql/021_search_cost.sql). */
#define SEARCH_PATH "DO $$BEGIN PERFORM wadozip_granted.begin_search(); END$$; "
#define GRANTED_PATH "SET LOCAL search_path = wadozip_granted, wadozip, pg_temp; "
#define SETTINGS_MAX ((size_t)1 << 20) /* bytes */

int access_check(const struct conf *c, const struct request *r, struct err *e)
{
    switch (c->access) {
    case CONF_ACCESS_ALL:
    case CONF_ACCESS_OPEN:
        return 0;
    case CONF_ACCESS_USER:
    case CONF_ACCESS_GRANTS:
        if (r->user && *r->user)
            return 0;
        return err_set(e, ERR_AUTH,
                       "this service answers only to users whom the web server has authenticated");
    case CONF_ACCESS_NONE:
        break;
    }
    return err_set(e, ERR_NOT_FOUND, "%s", CATALOG_NOTHING);
}

static bool is_name(const char *s, size_t len)
{
    size_t n = 1;

    for (size_t i = 0; i < len && n; i += n)
        n = utf8_character(s + i, len - i);
    return len > 0 && n > 0;
}

/* Append text inside E''. */
static void put_escaped(struct buf *b, const char *s, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (s[i] == '\'' || s[i] == '\\')
            buf_add(b, &s[i], 1);
        buf_add(b, &s[i], 1);
    }
}

static void put_setting(struct buf *b, const char *name, const char *value)
{
    size_t len = strlen(value);

    buf_printf(b, "SET LOCAL wadozip.%s = E'", name);
    put_escaped(b, value, is_name(value, len) ? len : 0);
    buf_str(b, "'; ");
}

/* Append an element of an array inside E'': quotes and backslashes are escaped
 * for the array, then for the literal. */
static void put_principal(struct buf *b, const char *kind, const char *name, size_t len)
{
    if (!is_name(name, len))
        return;
    buf_printf(b, ",\"%s:", kind);
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '"' || name[i] == '\\')
            buf_str(b, "\\\\");
        put_escaped(b, &name[i], 1);
    }
    buf_str(b, "\"");
}

static void put_group(void *ctx, const char *name, size_t len)
{
    put_principal(ctx, "group", name, len);
}

/* Names in a list are separated by commas, with or without blanks. */
static void put_groups(struct buf *b, const char *list)
{
    while (*list) {
        size_t skip = strspn(list, ", \t"), len = strcspn(list + skip, ","), name = len;

        while (name > 0 && strchr(" \t", list[skip + name - 1]))
            name--;
        put_group(b, list + skip, name);
        list += skip + len;
    }
}

static int put_principals(struct buf *b, const struct conf *c, const struct access_principal *p,
                          struct err *e)
{
    buf_str(b, "SET LOCAL wadozip.who = E'{everyone");
    put_principal(b, "user", p->user, strlen(p->user));
    if (p->groups)
        put_groups(b, p->groups);
    if (strcmp(c->group_file, "none") != 0 &&
        group_file_each(c->group_file, p->user, put_group, b, e))
        return -1;
    buf_str(b, "}'; ");
    return 0;
}

static int put_restriction(struct buf *b, const struct conf *c, const struct access_principal *p,
                           unsigned acts, const char *profile, struct err *e)
{
    const char *issuer = strcmp(c->patient_issuer, "none") == 0 ? "" : c->patient_issuer;

    buf_printf(b, GRANTED_PATH "SET LOCAL wadozip.acts = '%u'; ", acts);
    if (put_principals(b, c, p, e))
        return -1;
    put_setting(b, "profile", profile);
    put_setting(b, "patient", p->patient && !(acts & ACCESS_SHARE) ? p->patient : "");
    put_setting(b, "patient_issuer", issuer);
    if (acts & ACCESS_SEARCH)
        buf_str(b, SEARCH_PATH);
    return buf_check(b, "the groups of a user", e);
}

int access_restrict(struct catalog *catalog, const struct conf *c, const struct access_principal *p,
                    unsigned acts, const char *profile, struct err *e)
{
    struct buf b;
    int rc;

    if (c->access != CONF_ACCESS_GRANTS)
        return db_set_more(catalog_db(catalog), "", e);
    buf_init(&b, SETTINGS_MAX);
    rc = put_restriction(&b, c, p, acts, profile, e);
    if (rc == 0)
        rc = db_set_more(catalog_db(catalog), b.data, e);
    buf_release(&b);
    return rc;
}

static bool is_limited_link(const struct conf *c, const struct access_link *l)
{
    return *l->creator && (c->access == CONF_ACCESS_GRANTS || c->access == CONF_ACCESS_NONE);
}

static int put_link_restriction(struct buf *b, const struct conf *c, const struct access_link *l,
                                struct err *e)
{
    const struct access_principal maker = {.user = l->creator, .groups = l->groups};

    if (is_limited_link(c, l)) {
        if (put_restriction(b, c, &maker, ACCESS_RETRIEVE | ACCESS_SHARE, l->profile, e))
            return -1;
        buf_printf(
            b,
            "SET LOCAL search_path = wadozip_shared, wadozip, pg_temp; SET LOCAL wadozip.link = 'link:%llu'; ",
            (unsigned long long)l->id);
        return buf_check(b, "the restriction of a link", e);
    }
    buf_printf(b,
               GRANTED_PATH "SET LOCAL wadozip.acts = '%d'; SET LOCAL wadozip.patient = ''; "
                            "SET LOCAL wadozip.who = '{link:%llu}'; ",
               ACCESS_SEARCH | ACCESS_RETRIEVE, (unsigned long long)l->id);
    put_setting(b, "profile", l->profile);
    buf_str(b, "SET LOCAL wadozip.patient_issuer = ''; " SEARCH_PATH);
    return buf_check(b, "the restriction of a link", e);
}

int access_restrict_link(struct catalog *catalog, const struct conf *c, const struct access_link *l,
                         struct err *e)
{
    struct buf b;
    int rc;

    buf_init(&b, SETTINGS_MAX);
    rc = put_link_restriction(&b, c, l, e) || db_set_more(catalog_db(catalog), b.data, e) ? -1 : 0;
    buf_release(&b);
    return rc;
}
