/* SPDX-License-Identifier: MIT */
#include "http/link_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f3f5f7;color:#17212b}"
    "main{max-width:38rem;margin:0 auto;padding:1.5rem}"
    "h1{font-size:1.5rem;margin:.5rem 0 1rem}h2{font-size:1.05rem;margin:1.5rem 0 .3rem}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem;margin:0 0 1.2rem}dt{color:#4a5866}dd{margin:0}"
    "a.download,button{display:inline-block;background:#0b5cad;color:#fff;font:inherit;font-weight:600;border:0;"
    "border-radius:.4rem;padding:.7rem 1.4rem;text-decoration:none;cursor:pointer}"
    "a.download:focus-visible,button:focus-visible,input:focus-visible{outline:3px solid #d97706;outline-offset:2px}"
    "label{display:block;margin-bottom:.3rem}"
    "input{font:inherit;padding:.6rem;border:1px solid #5b6875;border-radius:.4rem;width:100%;box-sizing:border-box;"
    "margin-bottom:1rem;background:#fff;color:#17212b}"
    ".wrong{color:#a11616;font-weight:600}.note{color:#4a5866}code{overflow-wrap:anywhere}"
    "@media(prefers-color-scheme:dark){body{background:#12181f;color:#e6ebf0}dt,.note{color:#a9b6c2}"
    "input{background:#1b242d;color:#e6ebf0}.wrong{color:#ff9a9a}a.download,button{background:#8cc3ff;color:#0c1a28}}";

/* Escape UTF-8 text for content and quoted attributes. */
static void put_html(struct buf *out, const char *s)
{
    for (; *s; s++) {
        const char *entity = *s == '<' ? "&lt;" : *s == '>' ? "&gt;" : *s == '&' ? "&amp;" : *s == '"' ? "&quot;" : NULL;

        if (entity)
            buf_str(out, entity);
        else
            buf_add(out, (unsigned char)*s < ' ' ? " " : s, 1);
    }
}

static void put_start(struct buf *out, const char *nonce, const char *title)
{
    buf_printf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"robots\" content=\"noindex\">\n<title>%s</title>\n<style nonce=\"%s\">%s</style>\n</head>\n"
               "<body>\n<main>\n<h1>%s</h1>\n", title, nonce, style, title);
}

static void put_label(struct buf *out, const char *label)
{
    if (!*label)
        return;
    buf_str(out, "<p>");
    put_html(out, label);
    buf_str(out, "</p>\n");
}

/* The unit is for people, the number of bytes to compare. */
static void put_size(struct buf *out, uint64_t bytes, bool exact)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double size = (double)bytes / 1e3;
    size_t unit = 0;

    for (; size >= 1000 && unit < 3; unit++)
        size /= 1000;
    buf_printf(out, "<dt>Size</dt><dd>%s%.1f %s", exact ? "" : "about ", size, units[unit]);
    if (exact)
        buf_printf(out, " (%" PRIu64 " bytes)", bytes);
    buf_str(out, "</dd>\n");
}

static void put_expiry(struct buf *out, int64_t expires)
{
    time_t at = (time_t)expires;
    char text[64];
    struct tm utc;

    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&at, &utc));
    buf_printf(out, "<dt>Available until</dt><dd>%s</dd>\n", text);
}

static void put_advice(struct buf *out, const struct link_page *p)
{
    buf_str(out, "<h2>If the download is interrupted</h2>\n<p>Choose Resume in the list of downloads of your browser. The file"
                 " is complete if it has the size above.</p>\n"
                 "<h2>How to open it</h2>\n<p>The download is a ZIP file of DICOM images. Keep it: you can hand it on as it is."
                 "</p>\n<dl>\n"
                 "<dt>Windows</dt><dd>Right-click the file, choose <q>Extract All</q>, and open the folder with a DICOM viewer,"
                 " for example Weasis or MicroDicom.</dd>\n"
                 "<dt>macOS</dt><dd>Double-click the file, and open the folder with a DICOM viewer, for example Weasis or"
                 " Horos.</dd>\n"
                 "<dt>Phone</dt><dd>Save the file (<q>Files</q> on iPhone and iPad, <q>Downloads</q> on Android), and open"
                 " it with an app for DICOM images.</dd>\n</dl>\n");
    if (p->dicomdir)
        buf_str(out, "<p>The archive contains a DICOMDIR: copied to a disc or USB stick it is a DICOM medium.</p>\n");
    if (!p->counted) {
        buf_str(out, "<p class=\"note\">Programs: the DICOMweb address is <code>");
        put_html(out, p->base);
        buf_str(out, "</code></p>\n");
    }
}

static void put_contents(struct buf *out, const struct link_page *p)
{
    put_start(out, p->nonce, "Medical images for you");
    put_label(out, p->label);
    buf_printf(out, "<dl>\n<dt>Studies</dt><dd>%" PRIu64 "</dd>\n<dt>Images</dt><dd>%" PRIu64 "</dd>\n", p->studies,
               p->instances);
    put_size(out, p->bytes, p->exact);
    put_expiry(out, p->expires);
    buf_str(out, "</dl>\n<p><a class=\"download\" href=\"");
    put_html(out, p->download);
    buf_str(out, "\">Download</a></p>\n");
    if (p->counted)
        buf_str(out, "<p class=\"note\">The number of downloads is limited.</p>\n");
    put_advice(out, p);
}

static void put_form(struct buf *out, const struct link_page *p)
{
    put_start(out, p->nonce, "Passcode");
    put_label(out, p->label);
    if (p->kind == LINK_PAGE_WRONG)
        buf_str(out, "<p class=\"wrong\" role=\"alert\">This passcode is wrong.</p>\n");
    buf_str(out, "<p>These images are protected. After five wrong passcodes the link is locked.</p>\n<form method=\"post\""
                 " action=\"");
    put_html(out, p->base);
    buf_str(out, "\">\n<label for=\"passcode\">Passcode</label>\n<input id=\"passcode\" name=\"passcode\" type=\"password\""
                 " autocomplete=\"off\" maxlength=\"64\" required autofocus>\n<button>Continue</button>\n</form>\n");
}

void link_page_write(const struct link_page *p, struct buf *out)
{
    switch (p->kind) {
    case LINK_PAGE_CONTENTS:
        put_contents(out, p);
        break;
    case LINK_PAGE_PASSCODE:
    case LINK_PAGE_WRONG:
        put_form(out, p);
        break;
    case LINK_PAGE_PROBLEM:
        put_start(out, p->nonce, "Nothing to download here");
        buf_str(out, "<p>");
        put_html(out, p->problem);
        buf_str(out, "</p>\n<p>Ask the person or institution that sent you the link for a new one.</p>\n");
        break;
    }
    buf_str(out, "</main>\n</body>\n</html>\n");
}

void link_page_policy(const char *nonce, struct buf *out)
{
    buf_printf(out, "default-src 'none'; style-src 'nonce-%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
               nonce);
}
