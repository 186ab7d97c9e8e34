/* SPDX-License-Identifier: MIT */
/*
 * Content negotiation (PS3.18 8.3.3.1 and 8.7.5 to 8.7.8, RFC 9110 12.5.1): header and query parameter in, candidates
 * out. Pure, with bounded work whatever the input.
 */
#ifndef WADOZIP_HTTP_ACCEPT_H
#define WADOZIP_HTTP_ACCEPT_H

#include <stddef.h>

#include "base/err.h"
#include "dicom/conversion_rules.h"
#include "http/accept_media.h"

#define ACCEPT_HEADER_MAX 8192 /* bytes of a header that are looked at; longer ones are refused */
#define ACCEPT_RANGES_MAX 64   /* media ranges of one header */
#define ACCEPT_LIST_MAX 16

/* Whether it tells about the instances, for programs, instead of holding them. */
bool accept_is_table(enum accept_media media);

bool accept_is_multipart(enum accept_media media);

struct accept_item {
    enum accept_media media;
    struct transfer_syntax_wish wish;
};

/*
 * Representations in order of preference; the first that can be made is sent. Tables only where they are asked for by
 * name, and of equal weight behind what holds instances: many programs ask for application/json and any type by habit.
 */
struct accept_list {
    struct accept_item items[ACCEPT_LIST_MAX];
    size_t count;
};

/*
 * List the acceptable representations. `header` is the Accept field (null when absent, which means any type; repeated
 * fields joined by commas), `query` the decoded value of the accept parameter, which alone decides, or null. Fails with
 * ERR_NOT_ACCEPTABLE if nothing offered is acceptable and with ERR_REQUEST for what PS3.18 calls a bad request (a partial
 * wildcard in the parameter, DICOM mixed with rendered types within one source, over-long input).
 */
int accept_parse(const char *header, const char *query, enum accept_category category, struct accept_list *out,
                 struct err *e) MUST_CHECK;

/* The form of a Status Report's body (PS3.18 8.6.3; text/html when nothing fits). */
enum accept_text { ACCEPT_HTML, ACCEPT_PLAIN, ACCEPT_JSON };
enum accept_text accept_text(const char *header);

/* For OPTIONS: WADL unless JSON is preferred. */
enum accept_capabilities { ACCEPT_WADL, ACCEPT_CAPABILITIES_JSON };
int accept_capabilities(const char *header, const char *query, enum accept_capabilities *out, struct err *e) MUST_CHECK;

#endif
