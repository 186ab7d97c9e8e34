/* SPDX-License-Identifier: MIT */
/*
 * Content negotiation (PS3.18 8.3.3.1 and 8.7.5 to 8.7.8, RFC 9110 12.5.1):
 * from header and query parameter to candidates. Pure; the amount of work is
 * bounded.
 */
#ifndef WADOZIP_HTTP_ACCEPT_H
#define WADOZIP_HTTP_ACCEPT_H

#include <stddef.h>

#include "base/err.h"
#include "dicom/conversion_rules.h"
#include "http/accept_media.h"
#include "http/accept_ranges.h"

#define ACCEPT_LIST_MAX 16

/* Return whether the representation describes instances instead of containing
 * them. */
bool accept_is_table(enum accept_media media);

/* Return whether it lists the archives of a collection. */
bool accept_is_archive_list(enum accept_media media);

bool accept_is_multipart(enum accept_media media);

struct accept_item {
    enum accept_media media;
    struct transfer_syntax_wish wish;
};

/*
 * Representations in order of preference; the first one that is possible is
 * sent. Tables appear only if they are named, and after instances of equal
 * weight: many programs send application/json and any type by default.
 */
struct accept_list {
    struct accept_item items[ACCEPT_LIST_MAX];
    size_t count;
};

/*
 * List the acceptable representations. `header` is the Accept field (null if
 * absent, which means any type; repeated fields joined by commas). `query` is
 * the decoded accept parameter or null; if present, it alone counts. Fails with
 * ERR_NOT_ACCEPTABLE if nothing acceptable is offered, with ERR_REQUEST if
 * PS3.18 requires 400: a partial wildcard in the parameter, DICOM and rendered
 * types mixed within one source, or input that is too long.
 */
int accept_parse(const char *header, const char *query, enum accept_category category,
                 struct accept_list *out, struct err *e) MUST_CHECK;

/* The media type of an error response's body (PS3.18 8.6.3); text/html if
 * nothing else matches. */
enum accept_text { ACCEPT_HTML, ACCEPT_PLAIN, ACCEPT_JSON };
enum accept_text accept_text(const char *header);

/* For OPTIONS: WADL unless JSON is preferred. */
enum accept_capabilities { ACCEPT_WADL, ACCEPT_CAPABILITIES_JSON };
int accept_capabilities(const char *header, const char *query, enum accept_capabilities *out,
                        struct err *e) MUST_CHECK;

#endif
