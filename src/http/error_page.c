/* SPDX-License-Identifier: MIT */
#include "http/error_page.h"

#include <json.h>
#include <string.h>

#include "dicom/transfer_syntax.h"
#include "http/markup.h"
#include "http/offer.h"

#define REASON_MAX ((size_t)128 << 10) /* bytes: an error, or a list of UIDs */

#define AS_STORED "as stored, but never Implicit VR Little Endian or Explicit VR Big Endian"

/*
 * Return the next transfer syntax that can be named, null at the end. *at is
 * the position, 0 at first.
 */
static const struct transfer_syntax *next_syntax(size_t *at)
{
    size_t count;
    const struct transfer_syntax *all = transfer_syntax_all(&count);

    while (*at < count && all[*at].forbidden)
        (*at)++;
    return *at < count ? &all[(*at)++] : NULL;
}

static const char *how(const struct transfer_syntax *t)
{
    return t->target ? "" : " (where it is stored so)";
}

static void html_offers(struct buf *out)
{
    const struct offer *o;
    const struct transfer_syntax *t;

    buf_str(out, "<h2>Media types</h2>\n<ul>\n");
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++) {
        buf_str(out, "<li><code>");
        markup_escape(out, o->type);
        buf_printf(out, "</code>: %s</li>\n", o->help);
    }
    buf_str(out, "</ul>\n<h2>Values of their parameter <code>transfer-syntax</code></h2>\n<ul>\n"
                 "<li>none: Explicit VR Little Endian; what exists only lossy stays as it is</li>\n"
                 "<li><code>*</code>: " AS_STORED "</li>\n");
    for (size_t i = 0; (t = next_syntax(&i)) != NULL;) {
        buf_printf(out, "<li><code>%s</code>: ", t->uid);
        markup_escape(out, t->name);
        buf_printf(out, "%s</li>\n", how(t));
    }
    buf_str(out, "</ul>\n");
}

static void html_body(const struct error_page *r, struct buf *out)
{
    buf_printf(
        out,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>%d %s</title>\n</head>\n"
        "<body>\n<h1>%d %s</h1>\n",
        r->status, r->phrase, r->status, r->phrase);
    if (r->reason) {
        buf_str(out, "<p>Reason: ");
        markup_escape(out, r->reason);
        buf_str(out, ".</p>\n");
    }
    buf_printf(out, "<p>%s</p>\n", r->advice);
    if (r->as_stored) {
        buf_str(out, "<p>Everything as stored: <a href=\"");
        markup_escape(out, r->as_stored);
        buf_str(out, "\"><code>");
        markup_escape(out, r->as_stored);
        buf_str(out, "</code></a></p>\n");
    }
    if (r->offers)
        html_offers(out);
    if (r->request) {
        buf_str(out, "<p>Request <code>");
        markup_escape(out, r->request);
        buf_str(out, "</code></p>\n");
    }
    buf_str(out, "</body>\n</html>\n");
}

static void plain_offers(struct buf *out)
{
    const struct offer *o;
    const struct transfer_syntax *t;

    buf_str(out, "\nMedia types:\n");
    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        buf_printf(out, "  %s: %s\n", o->type, o->help);
    buf_str(out, "\nValues of their parameter transfer-syntax:\n"
                 "  none: Explicit VR Little Endian; what exists only lossy stays as it is\n"
                 "  *: " AS_STORED "\n");
    for (size_t i = 0; (t = next_syntax(&i)) != NULL;)
        buf_printf(out, "  %s: %s%s\n", t->uid, t->name, how(t));
}

static void plain_body(const struct error_page *r, struct buf *out)
{
    buf_printf(out, "%d %s\n\n", r->status, r->phrase);
    if (r->reason) {
        buf_str(out, "Reason: ");
        markup_plain(out, r->reason);
        buf_str(out, ".\n");
    }
    buf_printf(out, "%s\n", r->advice);
    if (r->as_stored) {
        buf_str(out, "Everything as stored: ");
        markup_plain(out, r->as_stored);
        buf_str(out, "\n");
    }
    if (r->offers)
        plain_offers(out);
    if (r->request) {
        buf_str(out, "\nRequest ");
        markup_plain(out, r->request);
        buf_str(out, "\n");
    }
}

/* Reduce text from outside to ASCII: json-c escapes, but does not validate
 * UTF-8. */
static void json_text(json_object *to, const char *key, const char *text)
{
    struct buf plain;

    buf_init(&plain, REASON_MAX);
    markup_plain(&plain, text);
    json_object_object_add(to, key,
                           json_object_new_string(plain.data && !plain.failed ? plain.data : ""));
    buf_release(&plain);
}

static void json_offers(json_object *root)
{
    json_object *media = json_object_new_array(), *syntaxes = json_object_new_array();
    const struct offer *o;
    const struct transfer_syntax *t;

    for (size_t i = 0; (o = offer_at(i)) != NULL; i++)
        json_object_array_add(media, json_object_new_string(o->type));
    json_object_array_add(syntaxes, json_object_new_string("*"));
    for (size_t i = 0; (t = next_syntax(&i)) != NULL;)
        json_object_array_add(syntaxes, json_object_new_string(t->uid));
    json_object_object_add(root, "mediaTypes", media);
    json_object_object_add(root, "transferSyntaxes", syntaxes);
}

static int json_body(const struct error_page *r, struct buf *out, struct err *e)
{
    json_object *root = json_object_new_object();
    const char *text;

    if (!root)
        return err_set(e, ERR_MEMORY, "no memory left for a JSON object");
    json_object_object_add(root, "status", json_object_new_int(r->status));
    json_object_object_add(root, "error", json_object_new_string(r->phrase));
    if (r->reason)
        json_text(root, "reason", r->reason);
    json_object_object_add(root, "advice", json_object_new_string(r->advice));
    json_object_object_add(root, "temporary", json_object_new_boolean(r->temporary));
    if (r->as_stored)
        json_text(root, "asStored", r->as_stored);
    if (r->request)
        json_text(root, "request", r->request);
    if (r->offers)
        json_offers(root);
    text = json_object_to_json_string_ext(root,
                                          JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (text) {
        buf_str(out, text);
        buf_str(out, "\n");
    }
    json_object_put(root);
    return text ? 0 : err_set(e, ERR_MEMORY, "no memory left for a JSON text");
}

int error_page_body(const struct error_page *r, enum accept_text text, struct buf *out,
                    struct err *e)
{
    if (text == ACCEPT_JSON && json_body(r, out, e))
        return -1;
    if (text == ACCEPT_PLAIN)
        plain_body(r, out);
    if (text == ACCEPT_HTML)
        html_body(r, out);
    return buf_check(out, "an error answer", e);
}

const char *error_page_type(enum accept_text text)
{
    return text == ACCEPT_JSON    ? "application/json"
           : text == ACCEPT_PLAIN ? "text/plain; charset=utf-8"
                                  : "text/html; charset=utf-8";
}
