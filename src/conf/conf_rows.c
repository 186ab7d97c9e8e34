/* SPDX-License-Identifier: MIT */
#include "conf/conf_rows.h"

#include "base/spool.h"

#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)

#define TEXT(key, standard, help) \
    {#key, ROW_TEXT, offsetof(struct conf, key), standard, NULL, 0, 0, help}
#define URL(key, standard, help) \
    {#key, ROW_URL, offsetof(struct conf, key), standard, NULL, 0, 0, help}
#define NETS(key, standard, help) \
    {#key, ROW_NETS, offsetof(struct conf, key), standard, NULL, 0, 0, help}
#define ORIGINS(key, standard, help) \
    {#key, ROW_ORIGINS, offsetof(struct conf, key), standard, NULL, 0, 0, help}
#define VARIABLE(key, help) \
    {#key, ROW_VARIABLE, offsetof(struct conf, key), "none", NULL, 0, 0, help}
#define CHOICE(key, standard, choices, help) \
    {#key, ROW_CHOICE, offsetof(struct conf, key), standard, choices, 0, 0, help}
#define NUMBER(key, standard, min, max, help) \
    {#key, ROW_NUMBER, offsetof(struct conf, key), standard, NULL, min, max, help}
#define AUTO(key, max, help) \
    {#key, ROW_AUTO, offsetof(struct conf, key), "auto", NULL, 0, max, help}
#define SIZE(key, standard, min, max, help) \
    {#key, ROW_SIZE, offsetof(struct conf, key), standard, NULL, min, max, help}

const struct conf_row conf_rows[] = {
    TEXT(
        database, "dbname=wadozip",
        "libpq connection string; the responder uses the reader role, the command the writer role"),
    TEXT(
        database_learn, "none",
        "the same of the primary if database is a standby: records sizes and digests found while sending; or none"),
    CHOICE(
        access, "none", "|none|user|grants|open|all|",
        "who may retrieve: none, user (all whom the web server authenticates), grants (wadozip grant), open"),
    VARIABLE(groups_variable,
             "CGI variable with the user's groups, parted by commas (OIDC_CLAIM_groups); or none"),
    TEXT(group_file, "none",
         "file with lines \"group: user user\", as Apache's AuthGroupFile; or none"),
    VARIABLE(
        patient_variable,
        "CGI variable with the Patient ID of a user who gets the own images (OIDC_CLAIM_patient); or none"),
    TEXT(patient_issuer, "none",
         "Issuer of Patient ID of patient_variable; none: only studies without one; *: any"),
    NUMBER(audit, "0", 0, 1,
           "1: transfers, searches and refusals are recorded in the table audit (wadozip audit)"),
    NUMBER(audit_days, "0", 0, 36500, "days after which audit entries are deleted; 0: never"),
    {"audit_syslog", ROW_HOST, offsetof(struct conf, audit_syslog), "none", NULL, 0, 0,
     "HOST or HOST:PORT of a syslog receiver over TLS for the audit as DICOM messages (wadozip audit --forward); or none"},
    TEXT(audit_syslog_ca, "system", "PEM file of certificates that this receiver's must derive from; system: the system's"),
    TEXT(audit_syslog_client, "none", "PEM file with the certificate and the key that the receiver asks for; or none"),
    URL(audit_fhir, "none",
        "https:// address of a FHIR R4 service, or of its AuditEvent, for the audit as AuditEvent resources; or none"),
    TEXT(audit_fhir_ca, "system", "PEM file of certificates that this service's must derive from; system: the system's"),
    TEXT(audit_fhir_client, "none", "PEM file with the certificate and the key that this service asks for; or none"),
    TEXT(audit_fhir_token, "none", "file with the bearer token for this service; or none"),
    TEXT(audit_source, "auto", "identity of the service in audit messages; auto: wadozip@HOST"),
    URL(link_url, "none",
        "address of links up to the token (https://images.example/s), for wadozip link; none: /s of public_url"),
    NUMBER(link_grace, "86400", 0, 31536000,
           "seconds for which a download of a link may be resumed after it expired"),
    NUMBER(create_links, "0", 0, 1,
           "1: users with the act share may make, list and revoke links by POST, GET and DELETE"),
    NUMBER(link_max_days, "90", 1, 36500, "most days until a link that a user makes expires"),
    URL(public_url, "none",
        "address of the service up to /studies, for addresses in metadata; none: as the request has it"),
    {"viewer_url", ROW_VIEWER, offsetof(struct conf, viewer_url), "none", NULL, 0, 0,
     "address of a viewer, with {studies} where it takes Study Instance UIDs parted by commas, for the page; or none"},
    NETS(
        trusted_proxies, "none",
        "addresses or networks (10.0.0.5 10.1.0.0/16) whose Forwarded and X-Forwarded- headers are believed; or none"),
    ORIGINS(
        cors, "none",
        "origins (https://viewer.example) whose pages may read answers in a browser; none; or * with access = open"),
    TEXT(
        cache, "private",
        "Cache-Control of retrieved data: private; or public,max-age=SECONDS, for caches of everybody, with access = open"),
    NUMBER(
        require_accept, "0", 0, 1,
        "1: a request without an Accept header and without ?accept= is refused with 406 (PS3.18 8.7.5)"),
    NUMBER(create_collections, "0", 0, 1,
           "1: users who may retrieve may create collections by POST"),
    TEXT(collection_license, "none",
         "address of the licence of collections, for their Croissant description; or none"),
    CHOICE(
        framing, "auto", "|auto|chunked|",
        "auto: an exact length; chunked: none, over HTTP/1.1 behind lighttpd or mod_proxy_fcgi only"),
    CHOICE(log_level, "info", "|error|warn|info|debug|", "least important line that is logged"),
    CHOICE(log_format, "text", "|text|json|", "lines of the log: text, or JSON objects"),
    NETS(status_clients, "127.0.0.1 ::1",
         "addresses or networks that may read /health and /metrics; or none"),
    TEXT(helper, WADOZIP_LIBEXEC "/wadozip-dicom", "the program that reads DICOM"),
    TEXT(
        conversion_cache, "none",
        "folder that keeps converted members and archives, for this service alone; none: none are kept"),
    SIZE(conversion_cache_size, "10G", MIB, UINT64_MAX >> 8,
         "most bytes in it; what is least recently used goes first"),
    TEXT(
        spool, SPOOL_AUTO,
        "folder for temporary files of large conversions, the count of downloads and sendfile; auto: /var/tmp/wadozip-UID"),
    SIZE(
        spool_cache_size, "1G", 0, UINT64_MAX >> 8,
        "most bytes of plans, metadata, and compressed forms without conversion_cache, kept in spool; 0: none are"),
    CHOICE(entry_time, "data", "|data|none|",
           "time of ZIP members: of the acquisition, or 1980-01-01 for all"),
    CHOICE(
        sendfile, "none", "|none|lighttpd|nginx|",
        "lighttpd: stored files and kept archives are handed to it by name (X-Sendfile2); nginx: kept archives"),
    NUMBER(workers, "8", 1, 1024, "processes of the pool: one download each"),
    NUMBER(worker_requests, "10000", 0, 1000000000,
           "requests after which a worker is replaced; 0: never"),
    AUTO(max_downloads, 8192,
         "most downloads at once (503 beyond); auto: two fewer than workers; 0: no limit"),
    AUTO(
        max_downloads_per_client, 8192,
        "most downloads at once of one address (429 beyond); auto: half of max_downloads; 0: no limit"),
    NUMBER(max_requests_per_client, "0", 0, 1000000,
           "most requests a minute of one address (429 beyond); 0: no limit"),
    NUMBER(max_requests_per_user, "0", 0, 1000000,
           "most requests a minute of one user (429 beyond); 0: no limit"),
    NUMBER(idle_timeout, "120", 0, 86400,
           "seconds after which a client that takes nothing is cut off; 0: never"),
    SIZE(least_rate, "4K", 0, GIB,
         "bytes a second, over a minute, below which a client is cut off; 0: never"),
    SIZE(max_rate, "0", 0, 1024 * GIB,
         "most bytes a second of one download, at least 4K; 0: no limit"),
    NUMBER(max_instances, "1000000", 1, 10000000, "most instances in one answer (413 beyond)"),
    SIZE(max_bytes, "1T", 1, UINT64_MAX >> 8, "most bytes in one answer (413 beyond)"),
    SIZE(request_memory, "16M", MIB, 4 * GIB,
         "most memory of a request besides its list of instances"),
    SIZE(socket_buffer, "0", 0, 16 * MIB,
         "SO_SNDBUF of the web server's connection; 32K behind lighttpd; 0: the system's"),
    NUMBER(helpers, "0", 0, 256, "wadozip-dicom processes at work; 0: one a processor"),
    SIZE(helper_memory, "512M", 64 * MIB, 64 * GIB, "most memory of one of them"),
    NUMBER(
        helper_seconds, "30", 1, 3600,
        "most seconds it may work on one file; one more for each 8 MiB of it, and for each 2 MiB that it decodes to"),
    NUMBER(
        convert_wait, "20", 0, 3600,
        "seconds that an answer whose length shows only after conversion waits for it; beyond: 503, and it goes on"),
    NUMBER(index_batch, "500", 1, 10000, "files in one transaction of the index"),
    CHOICE(
        compression, "auto", "|auto|none|deflate|",
        "of ZIP members: auto deflates where the size is known and a tenth is saved; ?compression= overrides"),
    NUMBER(compress_threads, "0", 0, 16,
           "threads that deflate for one download; 0: one a processor, at most 4"),
    NUMBER(index_deflate, "1", 0, 2,
           "1: the index learns what deflate makes of each file, so that auto can use it;"
           " 2: and of its pixel data, for de-identified members"),
    NUMBER(index_sha256, "0", 0, 1,
           "1: the index learns the SHA-256 of each file, so that manifests cost nothing"),
    NUMBER(
        lenient_uids, "0", 0, 1,
        "1: UIDs may have leading zeros or empty components: digits and dots, at most 64, compared as text"),
    NUMBER(lossy_conversion, "0", 0, 1, "1: lossy transfer syntaxes may be made on request"),
};

_Static_assert(sizeof(enum conf_access) == sizeof(unsigned),
               "settings.c stores choices as unsigned numbers");
_Static_assert(sizeof conf_rows / sizeof *conf_rows <= CONF_ROWS_MAX, "settings.c marks each row");

const size_t conf_row_count = sizeof conf_rows / sizeof *conf_rows;
