/* SPDX-License-Identifier: MIT */
/* Whole requests: method, address, SCRIPT_NAME, PATH_INFO, query, Accept and
 * Host, parted by zero bytes; an empty one is absent, but for the host. What is
 * understood has valid UIDs and harmless names; the answer to it, good or bad,
 * is one clean header block. */
#include "http/request.h"

#include <assert.h>
#include <string.h>

#include "dicom/element_path.h"
#include "http/origin.h"
#include "http/response_header.h"
#include "standalone.h"

#define FIELDS 7
#define ARENA_CAP ((size_t)4 << 20)
#define ANSWER_CAP ((size_t)1 << 20)

static void check_uid(const char *uid, bool there)
{
    assert(there ? uid_valid(uid, strlen(uid)) : uid[0] == '\0');
}

static void check_request(const struct request *r)
{
    check_uid(r->study, r->level >= REQUEST_STUDY);
    check_uid(r->series, r->level >= REQUEST_SERIES);
    check_uid(r->instance, r->level == REQUEST_INSTANCE);
    assert(r->method == REQUEST_OPTIONS || r->search || r->collection || r->link ||
           (r->level != REQUEST_BASE && (r->pixels || r->accept.count > 0)));
    for (const char *c = r->base; *c; c++)
        assert(*c > 0x20 && *c < 0x7f);
    if (r->metadata && r->method != REQUEST_OPTIONS)
        assert(strncmp(r->origin, "http://", 7) == 0 && origin_is_host(r->origin + 7) &&
               !r->element);
    if (r->element) {
        struct element_path path;
        char text[ELEMENT_PATH_TEXT_MAX + 1];

        assert(r->level == REQUEST_INSTANCE && element_path_parse(r->element, &path));
        element_path_text(&path, text);
        assert(strcmp(text, r->element) == 0);
    }
    assert(!r->filename || (*r->filename && strlen(r->filename) <= 100 && *r->filename != '.'));
    for (const char *c = r->filename ? r->filename : ""; *c; c++)
        assert(strspn(c, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") > 0);
}

/* Printable lines up to the empty one. */
static void check_block(const struct buf *b)
{
    const char *end = strstr(b->data, "\r\n\r\n");

    assert(end);
    for (const char *c = b->data; c < end; c++)
        assert((*c >= 0x20 && *c < 0x7f) || strncmp(c, "\r\n", 2) == 0 ||
               (*c == '\n' && c[-1] == '\r'));
}

static void check_good(const struct request *r)
{
    struct response_header reply = {.status = 200, .type = "application/zip", .location = r->base};
    struct err e = ERR_INIT;
    char name[RESPONSE_HEADER_FILENAME_MAX];
    struct buf b;

    check_request(r);
    response_header_filename(r->filename, r->study, ACCEPT_ZIP, name);
    reply.filename = name;
    buf_init(&b, ANSWER_CAP);
    assert((r->method == REQUEST_OPTIONS ? response_header_capabilities(r, &b, &e)
                                         : response_header_head(&reply, &b, &e)) == 0);
    check_block(&b);
    buf_release(&b);
}

static void check_bad(const struct request *r, const struct err *why)
{
    struct err e = ERR_INIT;
    struct buf b;

    assert(why->kind == ERR_REQUEST || why->kind == ERR_NOT_FOUND || why->kind == ERR_METHOD ||
           why->kind == ERR_NOT_ACCEPTABLE || why->kind == ERR_URI_TOO_LONG ||
           why->kind == ERR_MEMORY);
    buf_init(&b, ANSWER_CAP);
    assert(response_header_error(why, r->text, false, "r", &b, &e) == 0);
    check_block(&b);
    buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    const char *fields[FIELDS] = {NULL};
    struct err e = ERR_INIT;
    struct request_in in;
    struct request r;
    struct mem m;
    size_t n = 0;

    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    for (char *s = text; s <= text + size && n < FIELDS; s += strlen(s) + 1, n++)
        fields[n] = *s ? s : NULL;
    in = (struct request_in){.method = fields[0],
                             .uri = fields[1],
                             .script_name = fields[2],
                             .path_info = fields[3],
                             .query = fields[4],
                             .accept = fields[5],
                             .host = fields[6] ? fields[6] : "example.org"};
    mem_init(&m, ARENA_CAP);
    if (request_parse(&in, &m, &r, &e))
        check_bad(&r, &e);
    else
        check_good(&r);
    mem_reset(&m);
    free(text);
    return 0;
}
