/* SPDX-License-Identifier: MIT */
/* A request before and after it was parsed. */
#ifndef WADOZIP_HTTP_REQUEST_FIELDS_H
#define WADOZIP_HTTP_REQUEST_FIELDS_H

#include "base/err.h"
#include "base/mem.h"
#include "dicom/uid.h"
#include "http/accept.h"
#include "http/search_query.h"

#define REQUEST_URI_MAX 8192

/* CGI variables (RFC 3875); null where the web server gave none. Bounded copies, made by fcgi/cgi_params.c. */
struct request_in {
    const char *method;      /* REQUEST_METHOD */
    const char *uri;         /* REQUEST_URI: raw path and query */
    const char *script_name; /* SCRIPT_NAME */
    const char *path_info;   /* PATH_INFO: decoded by the web server */
    const char *query;       /* QUERY_STRING: raw */
    const char *accept, *accept_encoding;
    const char *range, *if_range, *if_match, *if_none_match, *if_modified_since, *if_unmodified_since;
    const char *remote_user, *remote_addr;
    const char *host;          /* HTTP_HOST; HTTP/1.0 may have none: then what the web server is counts */
    const char *server_name, *server_addr, *server_port;
    const char *forwarded, *forwarded_for, *forwarded_proto, *forwarded_host, *forwarded_prefix; /* of proxies (forwarded.h) */
    const char *https, *scheme; /* HTTPS, REQUEST_SCHEME: neither is in RFC 3875 */
    bool require_accept;        /* the setting: an Accept field or the parameter must be there */
};

enum request_method { REQUEST_GET, REQUEST_HEAD, REQUEST_OPTIONS };
enum request_level { REQUEST_BASE, REQUEST_STUDY, REQUEST_SERIES, REQUEST_INSTANCE };
enum request_names { REQUEST_NAMES_SERIES, REQUEST_NAMES_UID }; /* the query parameter names= */

struct request {
    enum request_method method;
    enum request_level level;
    char study[UID_MAX + 1], series[UID_MAX + 1], instance[UID_MAX + 1]; /* valid UIDs, "" above the level */
    const char *element;       /* of bulk data: the path of an element (dicom/element_path.h), in upper case; else null */
    const struct search_query *search; /* of a search, whose path decides level; null for retrieval */
    bool counted;              /* of a search: only how many results it has */
    bool metadata;             /* of the study, series or instance instead of itself (PS3.18 10.4.1.1.2) */
    const char *origin;        /* of metadata and searches: scheme and authority, "https://host:port"; else null */
    const char *base;          /* path in front of /studies, as the client wrote it, with one slash before and none behind */
    struct accept_list accept; /* empty for OPTIONS */
    enum accept_capabilities capabilities; /* for OPTIONS */
    enum request_names names;
    const char *compression;   /* "auto", "none" or "deflate"; null: as the settings say */
    const char *manifest;      /* "sha256" or "csv"; null: none */
    bool gzip;                 /* the client takes gzip (coding.h) */
    bool archive;              /* the address ends with .zip, which means accept=application/zip unless accept is given */
    bool dicomdir;             /* the archive is a File-set with a DICOMDIR; then names is not given */
    const char *filename;      /* ?filename=, cleaned to harmless ASCII, or null */
    const char *range, *if_range, *if_match, *if_none_match, *if_modified_since, *if_unmodified_since;
    const char *user;          /* REMOTE_USER, or null */
    enum accept_text text;     /* how an error is told; valid also when request_parse fails */
};

#endif
