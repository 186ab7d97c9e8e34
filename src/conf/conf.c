/* SPDX-License-Identifier: MIT */
#include "conf/conf.h"

#include <string.h>

#define PUBLIC "public,max-age="
#define AGE_DIGITS 9
#define HTTPS "https://"
#define MAX_RATE_LEAST ((uint64_t)4 << 10) /* web servers give up waiting for less */

uint64_t conf_max_downloads(const struct conf *c)
{
    if (c->max_downloads != CONF_AUTO)
        return c->max_downloads;
    return c->workers > 2 ? c->workers - 2 : c->workers - 1;
}

uint64_t conf_max_downloads_per_client(const struct conf *c)
{
    if (c->max_downloads_per_client != CONF_AUTO)
        return c->max_downloads_per_client;
    return (conf_max_downloads(c) + 1) / 2;
}

static int complete_roots(struct conf *c, struct err *e)
{
    for (size_t i = 0; i < c->root_count; i++)
        if (conf_s3_is_url(c->roots[i].path) && !conf_s3_of(&c->s3, c->roots[i].name))
            return err_set(e, ERR_CONFIG,
                           "s3.%s.endpoint is missing: the address of the object store of root.%s",
                           c->roots[i].name, c->roots[i].name);
    for (size_t i = 0; i < c->s3.count; i++) {
        const char *path = conf_root_path(c, c->s3.of[i].name);

        if (!path || !conf_s3_is_url(path))
            return err_set(e, ERR_CONFIG,
                           "there are settings s3.%s, but no root.%s = " CONF_S3_SCHEME "BUCKET",
                           c->s3.of[i].name, c->s3.of[i].name);
    }
    return conf_s3_complete(&c->s3, e);
}

/* What others may keep must be open to them. */
static int check_shared_cache(const struct conf *c, struct err *e)
{
    const char *age = c->cache + strlen(PUBLIC);
    bool shared = strncmp(c->cache, PUBLIC, strlen(PUBLIC)) == 0;

    if (shared ? !*age || strlen(age) > AGE_DIGITS || age[strspn(age, "0123456789")]
               : strcmp(c->cache, "private") != 0)
        return err_set(e, ERR_CONFIG, "cache must be private or " PUBLIC "SECONDS, not \"%s\"",
                       c->cache);
    if (shared && c->access != CONF_ACCESS_OPEN)
        return err_set(e, ERR_CONFIG, "cache = %s needs access = open", c->cache);
    return 0;
}

static int check_max_rate(const struct conf *c, struct err *e)
{
    if (c->max_rate && c->max_rate < MAX_RATE_LEAST)
        return err_set(e, ERR_CONFIG, "max_rate must be 0 or at least 4K, not %llu",
                       (unsigned long long)c->max_rate);
    return 0;
}

const char *conf_audit_receiver(const struct conf *c)
{
    if (strcmp(c->audit_fhir, "none") != 0)
        return c->audit_fhir;
    return strcmp(c->audit_syslog, "none") != 0 ? c->audit_syslog : NULL;
}

/* The database notes once per record that it was delivered. */
static int check_audit(const struct conf *c, struct err *e)
{
    if (strcmp(c->audit_fhir, "none") == 0)
        return 0;
    if (strncmp(c->audit_fhir, HTTPS, strlen(HTTPS)) != 0)
        return err_set(e, ERR_CONFIG, "audit_fhir must begin with " HTTPS ", not \"%s\"",
                       c->audit_fhir);
    if (strcmp(c->audit_syslog, "none") != 0)
        return err_set(e, ERR_CONFIG,
                       "audit_syslog and audit_fhir are both set: the audit has one receiver");
    return 0;
}

int conf_complete(struct conf *c, struct err *e)
{
    if (check_shared_cache(c, e) || check_max_rate(c, e))
        return -1;
    if (check_audit(c, e))
        return -1;
    return complete_roots(c, e) || conf_deid_complete(&c->deid, e) ? -1 : 0;
}

const char *conf_root_path(const struct conf *c, const char *name)
{
    for (size_t i = 0; i < c->root_count; i++)
        if (strcmp(c->roots[i].name, name) == 0)
            return c->roots[i].path;
    return NULL;
}
