/* SPDX-License-Identifier: MIT */
/* A request before and after it was parsed. */
#ifndef WADOZIP_HTTP_REQUEST_FIELDS_H
#define WADOZIP_HTTP_REQUEST_FIELDS_H

#include "base/err.h"
#include "base/mem.h"
#include "dicom/uid.h"
#include "dicom/render_options.h"
#include "http/accept.h"
#include "http/accept_pixels.h"
#include "search/search_query.h"

#define REQUEST_URI_MAX 8192

/* CGI variables (RFC 3875), null if absent. src/fastcgi/cgi_params.c makes
 * bounded copies. */
struct request_in {
    const char *method;      /* REQUEST_METHOD */
    const char *uri;         /* REQUEST_URI: raw path and query */
    const char *script_name; /* SCRIPT_NAME */
    const char *path_info;   /* PATH_INFO: decoded by the web server */
    const char *query;       /* QUERY_STRING: raw */
    const char *accept, *accept_encoding;
    const char *range, *if_range, *if_match, *if_none_match, *if_modified_since,
        *if_unmodified_since;
    const char *remote_user, *remote_addr;
    const char *host;          /* HTTP_HOST; may be absent in HTTP/1.0, then the web server's own
                                * name is used */
    const char *server_name, *server_addr, *server_port;
    /* of proxies (forwarded.h) */
    const char *forwarded, *forwarded_for, *forwarded_proto, *forwarded_host, *forwarded_prefix;
    const char *https, *scheme; /* HTTPS, REQUEST_SCHEME: neither is in RFC 3875 */
    bool require_accept;        /* the setting: an Accept field or the parameter is required */
};

enum request_method { REQUEST_GET, REQUEST_HEAD, REQUEST_OPTIONS, REQUEST_POST, REQUEST_DELETE };
enum request_level { REQUEST_BASE, REQUEST_STUDY, REQUEST_SERIES, REQUEST_INSTANCE };
enum request_names { REQUEST_NAMES_SERIES, REQUEST_NAMES_UID }; /* the query parameter names= */

/* Frames, or images of them, instead of the resource itself. */
enum request_pixels { REQUEST_NO_PIXELS, REQUEST_FRAMES, REQUEST_RENDERED, REQUEST_THUMBNAIL };

struct request {
    enum request_method method;
    enum request_level level;
    /* valid UIDs, "" above the level */
    char study[UID_MAX + 1], series[UID_MAX + 1], instance[UID_MAX + 1];
    /* its identifier, "" for the resource that creates them; else null */
    const char *collection;
    const char *link;          /* the number of a link, "" for the list of links; else null */
    /* of a collection: it is divided into parts of about so many bytes; 0: not
     */
    uint64_t part_bytes;
    uint32_t part;             /* the part, from 1; 0: none is named */
    const char *element;       /* for bulk data: path of an element (dicom/element_path.h) in upper
                                * case; else null */
    const struct search_query *search; /* for a search, whose path sets level; else null */
    bool counted;              /* for a search: return only the number of results */
    bool metadata;             /* metadata of the resource instead of the resource (PS3.18
                                * 10.4.1.1.2) */
    enum request_pixels pixels;
    const uint32_t *frames;    /* numbers from 1, in the order asked for; null: none are named */
    size_t frame_count;
    const char *frame_list;    /* the same as text */
    const struct accept_frames_list *frame_types; /* REQUEST_FRAMES */
    const char *accept_header, *accept_query;     /* of rendered images; either may be null */
    struct render_options render;
    const char *annotation;    /* the query parameter, or null */
    const char *origin; /* for metadata, searches, collections and links: scheme and authority,
                                * "https://host:port"; else null */
    const char *base;          /* path before /studies as the client wrote it, with one leading and
                                * no trailing slash */
    struct accept_list accept; /* empty for OPTIONS */
    enum accept_capabilities capabilities; /* for OPTIONS */
    enum request_names names;
    const char *compression;   /* "auto", "none" or "deflate"; null: use the setting */
    const char *manifest;      /* "sha256" or "csv"; null: no manifest */
    bool gzip;                 /* the client accepts gzip (coding.h) */
    bool archive;              /* the address ends with .zip: accept=application/zip unless accept
                                * is given */
    bool dicomdir;             /* the archive is a File-set with a DICOMDIR; excludes names */
    const char *deidentify;    /* name of the profile, or null */
    const char *filename;      /* ?filename= reduced to safe ASCII, or null */
    const char *range, *if_range, *if_match, *if_none_match, *if_modified_since,
        *if_unmodified_since;
    const char *user;          /* REMOTE_USER, or null */
    /* media type of an error body; valid also if request_parse() fails */
    enum accept_text text;
};

#endif
