/* SPDX-License-Identifier: MIT */
/*
 * Settings. One table in conf_rows.c holds every key: its type, bounds, default and one sentence for the operator. A value
 * comes from, later ones winning: the default, the file, the environment (WADOZIP_KEY, upper case; roots as
 * WADOZIP_ROOT_NAME), which is how mod_fcgid and lighttpd hand settings to the processes that they spawn.
 */
#ifndef WADOZIP_BASE_CONF_H
#define WADOZIP_BASE_CONF_H

#include <stddef.h>
#include <stdint.h>

#include "base/log.h"

#define CONF_DEFAULT_FILE "/etc/wadozip/wadozip.conf"
#define CONF_ROOTS_MAX 64
#define CONF_ROOT_NAME_MAX 32
#define CONF_URL_MAX 512 /* bytes of an address */
#define CONF_AUTO UINT64_MAX /* of a number: the service decides */

/* Settings with a choice of words; enumerators in the order of the words in conf_rows.c. */
enum conf_access { CONF_ACCESS_NONE, CONF_ACCESS_USER, CONF_ACCESS_ALL };
enum conf_framing { CONF_FRAMING_AUTO, CONF_FRAMING_CHUNKED };
enum conf_entry_time { CONF_ENTRY_TIME_DATA, CONF_ENTRY_TIME_NONE };
enum conf_sendfile { CONF_SENDFILE_NONE, CONF_SENDFILE_LIGHTTPD };
enum conf_compression { CONF_COMPRESSION_AUTO, CONF_COMPRESSION_NONE, CONF_COMPRESSION_DEFLATE };

/* A folder tree that holds images. Rows of the catalogue name files as root name and path beneath it. */
struct conf_root {
    char name[CONF_ROOT_NAME_MAX + 1]; /* a-z 0-9 _ - */
    char *path;                        /* absolute */
};

struct conf {
    char *database;       /* libpq connection string */
    enum conf_access access;
    char *public_url;     /* http:// or https://, without a slash at its end; or none */
    char *cors;           /* origins parted by blanks, none or * */
    char *trusted_proxies; /* networks (net.h), or none */
    enum conf_framing framing;
    uint64_t require_accept; /* 0 or 1 */
    enum log_level log_level;
    char *helper;         /* path of wadozip-dicom */
    char *spool;          /* of spool.h */
    char *conversion_cache;     /* folder of archive/cache.h, or none */
    uint64_t conversion_cache_size; /* bytes */
    uint64_t spool_cache_size;      /* bytes; 0: nothing is kept */
    enum conf_entry_time entry_time;
    enum conf_sendfile sendfile;
    uint64_t workers;
    uint64_t max_downloads;            /* answers with a body under way at once; 0: no limit; or CONF_AUTO */
    uint64_t max_downloads_per_client; /* of one address; 0: no limit; or CONF_AUTO */
    uint64_t idle_timeout;     /* seconds that a client may take nothing; 0: any */
    uint64_t least_rate;       /* bytes a second that a client must take; 0: any */
    uint64_t worker_requests;  /* requests after which a worker is replaced by a fresh one; 0: never */
    uint64_t max_instances;
    uint64_t max_bytes;
    uint64_t request_memory;   /* bytes a request may take besides its plan */
    uint64_t socket_buffer;    /* bytes, SO_SNDBUF of the web server's connection; 0: the system's */
    uint64_t helpers;          /* wadozip-dicom children; 0: one a processor */
    uint64_t helper_memory;    /* bytes each */
    uint64_t helper_seconds;   /* for one file */
    uint64_t convert_wait;     /* seconds before the status line */
    uint64_t index_batch;      /* files a transaction */
    uint64_t lenient_uids;     /* 0 or 1 */
    uint64_t lossy_conversion; /* 0 or 1 */
    enum conf_compression compression;
    uint64_t compress_threads; /* of one download; 0: one a processor, at most 4 */
    uint64_t index_sha256;     /* 0 or 1: the index learns SHA-256 */
    uint64_t index_deflate;    /* 0 or 1: the index learns deflated sizes */
    struct conf_root roots[CONF_ROOTS_MAX];
    size_t root_count;
};

/*
 * Load the defaults, then the file, then the environment. `file` null: the default file if it exists. Fails with
 * ERR_CONFIG, naming file, line and key, for a setting that is unknown, set twice or out of bounds. Always call
 * conf_release(), also after a failure.
 */
int conf_load(const char *file, struct conf *c, struct err *e) MUST_CHECK;
void conf_release(struct conf *c);

/* Every key in the table's order, then the roots: name, effective value and the sentence about it. */
void conf_each(const struct conf *c, void (*show)(void *ctx, const char *key, const char *value, const char *help),
               void *ctx);

/*
 * The limits of downloads that are in effect; 0: none. CONF_AUTO is two fewer than workers (one of two; none if there is one
 * worker), so that workers remain for refusals, HEAD and small answers; of one client half of that, rounded up.
 */
uint64_t conf_max_downloads(const struct conf *c);
uint64_t conf_max_downloads_per_client(const struct conf *c);

/* The path of a root, or null. */
const char *conf_root_path(const struct conf *c, const char *name);

#endif
