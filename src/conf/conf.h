/* SPDX-License-Identifier: MIT */
/* Settings. One table in conf_rows.c has every key with its type, bounds,
 * default and one sentence for the operator. Later sources override earlier
 * ones: the default, the file, the environment (WADOZIP_KEY in upper case;
 * WADOZIP_ROOT_NAME for roots). mod_fcgid and lighttpd can pass settings to
 * workers only through the environment. */
#ifndef WADOZIP_CONF_CONF_H
#define WADOZIP_CONF_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "conf/conf_choice.h"
#include "conf/conf_deid.h"
#include "conf/conf_s3.h"
#include "base/log.h"

#define CONF_DEFAULT_FILE "/etc/wadozip/wadozip.conf"
#define CONF_ROOTS_MAX 64
#define CONF_ROOT_NAME_MAX 32
#define CONF_URL_MAX 512 /* bytes of a URL */
#define CONF_AUTO UINT64_MAX /* a number that the service chooses itself */

/* A folder tree of images. The catalogue stores the name and the path below the
 * root. */
struct conf_root {
    char name[CONF_ROOT_NAME_MAX + 1]; /* a-z 0-9 _ - */
    char *path;                        /* absolute, or s3://BUCKET/PREFIX (conf_s3.h) */
};

struct conf {
    char *database;       /* libpq connection string */
    char *database_learn; /* the same for facts discovered while sending, or none */
    enum conf_access access;
    /* CGI variables that the web server vouches for, or none */
    char *groups_variable, *patient_variable;
    char *patient_issuer;  /* of patient_variable; none: studies without one; *: any */
    uint64_t audit, audit_days; /* 0 or 1; 0: for ever */
    char *audit_syslog, *audit_syslog_ca, *audit_syslog_client, *audit_source; /* syslog_tls.h */
    char *audit_fhir, *audit_fhir_ca, *audit_fhir_client, *audit_fhir_token; /* fhir_post.h */
    char *group_file, *link_url; /* path; address of links up to the token; or none */
    uint64_t link_grace;   /* seconds */
    uint64_t create_links, link_max_days; /* 0 or 1 */
    /* http(s):// without a trailing slash; with {studies}; or none */
    char *public_url, *viewer_url;
    char *collection_license; /* address of a licence, or none */
    char *cors;           /* origins separated by blanks, none or * */
    char *trusted_proxies; /* networks (net.h), or none */
    char *cache;           /* Cache-Control of responses: private, or public,max-age=SECONDS */
    enum conf_framing framing;
    uint64_t require_accept, create_collections; /* 0 or 1 */
    enum log_level log_level;
    enum log_format log_format;
    char *status_clients;  /* networks (net.h), or none */
    char *helper;         /* path of wadozip-dicom */
    char *spool;          /* of spool.h */
    char *conversion_cache;     /* folder of body/cache.h, or none */
    uint64_t conversion_cache_size; /* bytes */
    uint64_t spool_cache_size;      /* bytes; 0: nothing is kept */
    enum conf_entry_time entry_time;
    enum conf_sendfile sendfile;
    uint64_t workers;
    /* responses with a body at once; 0: no limit; or CONF_AUTO */
    uint64_t max_downloads;
    uint64_t max_downloads_per_client; /* for one address */
    uint64_t max_requests_per_client, max_requests_per_user; /* a minute; 0: no limit */
    uint64_t idle_timeout;     /* seconds in which a client must accept a byte; 0: no limit */
    /* bytes per second that a client must accept, and gets; 0: no limit */
    uint64_t least_rate, max_rate;
    uint64_t worker_requests;  /* until a worker is replaced; 0: never */
    uint64_t max_instances, max_bytes; /* of one response */
    uint64_t request_memory;   /* bytes that a request may use in addition to its plan */
    uint64_t socket_buffer;    /* bytes, SO_SNDBUF of the web server's connection; 0: default */
    uint64_t helpers;          /* number of wadozip-dicom processes; 0: one per processor */
    uint64_t helper_memory;    /* bytes for each */
    uint64_t helper_seconds;   /* seconds for one file */
    uint64_t convert_wait;     /* seconds to wait before the status line */
    uint64_t index_batch;      /* files in one transaction */
    uint64_t lenient_uids, lossy_conversion; /* 0 or 1 */
    enum conf_compression compression;
    uint64_t compress_threads; /* per download; 0: one per processor, at most 4 */
    uint64_t index_sha256; /* 0 or 1: the indexer records SHA-256 */
    uint64_t index_deflate; /* 0 to 2: it records deflated sizes; 2: also of pixel data */
    struct conf_root roots[CONF_ROOTS_MAX];
    size_t root_count;
    struct conf_s3_set s3;
    struct conf_deid_set deid;
};

/* Return the effective limit of downloads; 0: no limit. CONF_AUTO is two fewer
 * than workers (one of two workers; no limit for one), so that workers remain
 * for refusals, HEAD and small responses. The limit per client is half of that,
 * rounded up. */
uint64_t conf_max_downloads(const struct conf *c);
uint64_t conf_max_downloads_per_client(const struct conf *c);

/* Return the receiver of the audit, as audit_syslog or audit_fhir has it; null: none. */
const char *conf_audit_receiver(const struct conf *c);

/*
 * Check settings that depend on others, and set defaults of roots in object
 * storage. Fails with ERR_CONFIG.
 */
int conf_complete(struct conf *c, struct err *e) MUST_CHECK;

/* Return the path of a root, or null if there is no such root. */
const char *conf_root_path(const struct conf *c, const char *name);

#endif
