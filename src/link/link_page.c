/* SPDX-License-Identifier: MIT */
#include "link/link_page.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const char style[] =
    "body{font:16px/1.5 system-ui,sans-serif;margin:0;background:#f3f5f7;color:#17212b}"
    "main{max-width:38rem;margin:0 auto;padding:1.5rem}"
    "h1{font-size:1.5rem;margin:.5rem 0 1rem}h2{font-size:1.05rem;margin:1.5rem 0 .3rem}ul{margin:0;padding-left:1.2rem}"
    "ul a{color:#0b5cad}li{padding:.3rem 0}"
    "dl{display:grid;grid-template-columns:auto 1fr;gap:.2rem 1rem;margin:0 0 1.2rem}dt{color:#4a5866}dd{margin:0}"
    "a.download,button{display:inline-block;background:#0b5cad;color:#fff;font:inherit;font-weight:600;border:0;"
    "border-radius:.4rem;padding:.7rem 1.4rem;text-decoration:none;cursor:pointer}"
    "a.download:focus-visible,button:focus-visible,input:focus-visible,li a:focus-visible{"
    "outline:3px solid #d97706;outline-offset:2px}"
    "label{display:block;margin-bottom:.3rem}"
    "input{font:inherit;padding:.6rem;border:1px solid #5b6875;border-radius:.4rem;width:100%;box-sizing:border-box;"
    "margin-bottom:1rem;background:#fff;color:#17212b}"
    ".wrong{color:#a11616;font-weight:600}.note{color:#4a5866}code{overflow-wrap:anywhere;white-space:pre-wrap;font-size:.85em}"
    "summary{cursor:pointer;font-weight:600;padding:.3rem 0}details{margin-top:1rem}"
    "summary:focus-visible{outline:3px solid #d97706;outline-offset:2px}"
    "@media(prefers-color-scheme:dark){body{background:#12181f;color:#e6ebf0}dt,.note{color:#a9b6c2}"
    "input{background:#1b242d;color:#e6ebf0}.wrong{color:#ff9a9a}"
    "ul a{color:#8cc3ff}a.download,button{background:#8cc3ff;color:#0c1a28}}";

/* Escape UTF-8 text for content and quoted attributes. */
static void put_html(struct buf *out, const char *s)
{
    for (; *s; s++) {
        const char *entity = *s == '<'   ? "&lt;"
                             : *s == '>' ? "&gt;"
                             : *s == '&' ? "&amp;"
                             : *s == '"' ? "&quot;"
                                         : NULL;

        if (entity)
            buf_str(out, entity);
        else
            buf_add(out, (unsigned char)*s < ' ' ? " " : s, 1);
    }
}

static void put_text(struct buf *out, const struct link_page *p, enum link_text t)
{
    buf_str(out, link_text(t, p->language));
}

static void put_start(struct buf *out, const struct link_page *p, enum link_text title)
{
    const char *text = link_text(title, p->language);

    buf_printf(
        out,
        "<!DOCTYPE html>\n<html lang=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        "<meta name=\"robots\" content=\"noindex\">\n<title>%s</title>\n<style nonce=\"%s\">%s</style>\n</head>\n"
        "<body>\n<main>\n<h1>%s</h1>\n",
        link_text_tag(p->language), text, p->nonce, style, text);
}

static void put_label(struct buf *out, const char *label)
{
    if (!*label)
        return;
    buf_str(out, "<p>");
    put_html(out, label);
    buf_str(out, "</p>\n");
}

static void put_pair(struct buf *out, const struct link_page *p, enum link_text name,
                     const char *value)
{
    buf_printf(out, "<dt>%s</dt><dd>%s</dd>\n", link_text(name, p->language), value);
}

static void put_count(struct buf *out, const struct link_page *p, enum link_text name, uint64_t n)
{
    char text[24];

    snprintf(text, sizeof text, "%" PRIu64, n);
    put_pair(out, p, name, text);
}

/* The unit is for people, the number of bytes to compare. */
static void put_size(struct buf *out, const struct link_page *p)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB"};
    double size = (double)p->bytes / 1e3;
    size_t unit = 0;
    char number[32];

    for (; size >= 1000 && unit < 3; unit++)
        size /= 1000;
    snprintf(number, sizeof number, "%.1f", size);
    if (p->language != LINK_ENGLISH)
        *strchr(number, '.') = ',';
    buf_printf(out, "<dt>%s</dt><dd>%s%s%s %s", link_text(LINK_TEXT_SIZE, p->language),
               p->exact ? "" : link_text(LINK_TEXT_ABOUT, p->language), p->exact ? "" : " ", number,
               units[unit]);
    if (p->exact)
        buf_printf(out, " (%" PRIu64 " %s)", p->bytes, link_text(LINK_TEXT_BYTES, p->language));
    buf_str(out, "</dd>\n");
}

static void put_expiry(struct buf *out, const struct link_page *p)
{
    time_t at = (time_t)p->expires;
    char text[64];
    struct tm utc;

    strftime(text, sizeof text, "%Y-%m-%d %H:%M UTC", gmtime_r(&at, &utc));
    put_pair(out, p, LINK_TEXT_UNTIL, text);
}

static void put_archive(struct buf *out, const struct link_page *p, const char *name)
{
    buf_str(out, "href=\"");
    put_html(out, p->download);
    buf_printf(out, "/%s\">", name);
}

/* Other forms of the archive. */
static void put_forms(struct buf *out, const struct link_page *p)
{
    buf_str(out, "<h2>");
    put_text(out, p, LINK_TEXT_OTHER_FORMS);
    buf_str(out, "</h2>\n<ul>\n<li><a ");
    put_archive(out, p, "manifest.zip");
    put_text(out, p, LINK_TEXT_MANIFEST);
    buf_str(out, "</a></li>\n");
    if (!p->dicomdir && p->studies == 1) {
        buf_str(out, "<li><a ");
        put_archive(out, p, "dicomdir.zip");
        put_text(out, p, LINK_TEXT_MEDIUM);
        buf_str(out, "</a></li>\n");
    }
    buf_str(out, "</ul>\n");
}

/* The archive's name is the one that link_response.c gives it. */
static void put_check(struct buf *out, const struct link_page *p)
{
    if (!*p->sha256)
        return;
    buf_printf(out,
               "<details>\n<summary>%s</summary>\n<p>SHA-256: <code>%s</code></p>\n<p>%s</p>\n<dl>\n",
               link_text(LINK_TEXT_CHECK, p->language), p->sha256,
               link_text(LINK_TEXT_CHECK_HOW, p->language));
    buf_printf(out,
               "<dt>Windows</dt><dd><code>certutil -hashfile images.zip SHA256</code></dd>\n"
               "<dt>macOS</dt><dd><code>echo \"%s  images.zip\" | shasum -a 256 -c</code></dd>\n"
               "<dt>Linux</dt><dd><code>echo \"%s  images.zip\" | sha256sum -c</code></dd>\n</dl>\n</details>\n",
               p->sha256, p->sha256);
}

static void put_advice(struct buf *out, const struct link_page *p)
{
    buf_printf(out, "<h2>%s</h2>\n<p>%s</p>\n", link_text(LINK_TEXT_BROKEN, p->language),
               link_text(LINK_TEXT_RESUME, p->language));
    buf_printf(out, "<h2>%s</h2>\n<p>%s</p>\n<dl>\n", link_text(LINK_TEXT_OPEN, p->language),
               link_text(LINK_TEXT_ZIP, p->language));
    buf_printf(out, "<dt>Windows</dt><dd>%s</dd>\n<dt>macOS</dt><dd>%s</dd>\n",
               link_text(LINK_TEXT_WINDOWS, p->language), link_text(LINK_TEXT_MACOS, p->language));
    put_pair(out, p, LINK_TEXT_PHONE_NAME, link_text(LINK_TEXT_PHONE, p->language));
    buf_str(out, "</dl>\n");
    if (p->dicomdir)
        buf_printf(out, "<p>%s</p>\n", link_text(LINK_TEXT_DICOMDIR, p->language));
    if (!p->counted) {
        buf_printf(out, "<p class=\"note\">%s <code>", link_text(LINK_TEXT_PROGRAMS, p->language));
        put_html(out, p->service);
        buf_str(out, "</code></p>\n");
    }
    put_check(out, p);
}

static void put_contents(struct buf *out, const struct link_page *p)
{
    put_start(out, p, LINK_TEXT_TITLE);
    put_label(out, p->label);
    buf_str(out, "<dl>\n");
    put_count(out, p, LINK_TEXT_STUDIES, p->studies);
    put_count(out, p, LINK_TEXT_IMAGES, p->instances);
    put_size(out, p);
    put_expiry(out, p);
    buf_str(out, "</dl>\n<p><a class=\"download\" ");
    put_archive(out, p, "archive.zip");
    put_text(out, p, LINK_TEXT_DOWNLOAD);
    buf_str(out, "</a></p>\n");
    if (p->counted)
        buf_printf(out, "<p class=\"note\">%s</p>\n", link_text(LINK_TEXT_LIMITED, p->language));
    put_forms(out, p);
    put_advice(out, p);
}

static void put_form(struct buf *out, const struct link_page *p)
{
    put_start(out, p, LINK_TEXT_PASSCODE);
    put_label(out, p->label);
    if (p->kind == LINK_PAGE_WRONG)
        buf_printf(out, "<p class=\"wrong\" role=\"alert\">%s</p>\n",
                   link_text(LINK_TEXT_WRONG, p->language));
    buf_printf(out, "<p>%s</p>\n<form method=\"post\" action=\"",
               link_text(LINK_TEXT_PROTECTED, p->language));
    put_html(out, p->base);
    buf_printf(
        out,
        "\">\n<label for=\"passcode\">%s</label>\n<input id=\"passcode\" name=\"passcode\" type=\"password\""
        " autocomplete=\"off\" maxlength=\"64\" required autofocus>\n<button>%s</button>\n</form>\n",
        link_text(LINK_TEXT_PASSCODE, p->language), link_text(LINK_TEXT_CONTINUE, p->language));
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
        put_start(out, p, LINK_TEXT_NOTHING);
        buf_printf(out, "<p>%s</p>\n<p>%s</p>\n", link_text(p->problem, p->language),
                   link_text(LINK_TEXT_ASK, p->language));
        break;
    }
    buf_str(out, "</main>\n</body>\n</html>\n");
}

void link_page_policy(const char *nonce, struct buf *out)
{
    buf_printf(
        out,
        "default-src 'none'; style-src 'nonce-%s'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
        nonce);
}
