/* SPDX-License-Identifier: MIT */
#include "format/multipart.h"

#include <strings.h>

#include "dicom/element_path.h"
#include "dicom/transfer_syntax.h"
#include "dicom/uid.h"

/* Boundary, a media type with a UID, a location with two UIDs and an element,
 * and the names of the fields. */
_Static_assert(FRAMING_HEAD_MAX >=
                   PLAN_LOCATION_MAX + PLAN_ETAG_MAX + 3 * UID_MAX + ELEMENT_PATH_TEXT_MAX + 180,
               "a part's header fits");

/* The media type of parts, and the suffix of their instance's address. */
static const struct kind {
    const char *type, *behind;
} kinds[] = {
    [PLAN_INSTANCES] = {"application/dicom", ""},
    [PLAN_BULKDATA] = {"application/octet-stream", "/bulkdata/"},
    [PLAN_METADATA_JSON] = {"application/dicom+json", "/metadata"},
    [PLAN_METADATA_XML] = {"application/dicom+xml", "/metadata"},
};

/* Return the transfer syntax to name, or "": values of bulk data have that which their media type
 * has without a parameter, Explicit VR Little Endian, except a video. */
static const char *syntax_to_name(const struct plan *p, const struct plan_member *m)
{
    const char *syntax = plan_syntax(p, m);

    if (p->options.content == PLAN_INSTANCES)
        return syntax;
    return p->options.content == PLAN_BULKDATA && strcasecmp(p->options.element, "7FE00010") == 0 &&
                   transfer_syntax_is_video(syntax)
               ? syntax
               : "";
}

/* Header fields of a part in the order of PS3.18 8.6.1.2.1. Unknown ones are
 * left out. */
size_t multipart_head(const struct plan_progress *g, const struct plan_member *m,
                      uint8_t out[FRAMING_HEAD_MAX])
{
    const struct plan *p = g->plan;
    const struct kind *k = &kinds[p->options.content];
    const char *before = m == p->members ? "" : "\r\n";
    const char *syntax = syntax_to_name(p, m);
    char type[UID_MAX + 20] = "",
                        location[PLAN_LOCATION_MAX + 2 * UID_MAX + ELEMENT_PATH_TEXT_MAX + 64] = "";
    int n;

    if (*syntax)
        snprintf(type, sizeof type, "; transfer-syntax=%s", syntax);
    if (p->options.location)
        snprintf(location, sizeof location, "Content-Location: %s/series/%s/instances/%s%s%s\r\n",
                 p->options.location, plan_text(p, plan_series_of(p, m)->uid),
                 plan_text(p, m->sop_uid), k->behind, p->options.element ? p->options.element : "");
    n = snprintf((char *)out, FRAMING_HEAD_MAX,
                 "%s--%s\r\nContent-Type: %s%s\r\n%sContent-Length: %llu\r\n\r\n", before,
                 g->boundary, k->type, type, location,
                 (unsigned long long)plan_progress_fact(g, m).stored_size);
    return (size_t)n;
}

size_t multipart_measure(const struct plan_progress *g, const struct plan_member *m,
                         uint64_t offset, size_t *record)
{
    uint8_t head[FRAMING_HEAD_MAX];

    (void)offset;
    *record = 0;
    return multipart_head(g, m, head);
}

int multipart_tail(const struct plan_progress *g, struct range_filter *w, struct err *e)
{
    char end[PLAN_ETAG_MAX + 8];
    int n = snprintf(end, sizeof end, "\r\n--%s--", g->boundary);

    return range_filter_put(w, end, (size_t)n, e);
}
